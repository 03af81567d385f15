// @vitest-environment happy-dom
import { beforeEach, describe, expect, test } from 'vitest';
import { Astray, clearing, mirror, takesPrompts, waysFor } from '../../src/runner/compose';
import { holds, isEmpty, nearlyHolds, textOf } from '../../src/runner/text';

beforeEach(() => {
  document.body.innerHTML = '<textarea></textarea>';
});

const field = () => document.querySelector('textarea') as HTMLTextAreaElement;

function type(element: HTMLElement, text: string): void {
  for (const step of waysFor('textarea')[0]?.(text) ?? []) step(element);
}

describe('typing', () => {
  test('a framework that tracks the value sees the change', () => {
    const box = field();
    const native = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, 'value');
    let tracked = '';
    let state = '';
    Object.defineProperty(box, 'value', {
      get: () => native?.get?.call(box) as string,
      set: (value: string) => {
        tracked = value;
        native?.set?.call(box, value);
      },
    });
    box.addEventListener('input', () => {
      const now = native?.get?.call(box) as string;
      if (now !== tracked) state = now;
    });
    type(box, 'hello\nworld');
    expect(state).toBe('hello\nworld');
    for (const step of clearing('textarea')) step(box);
    expect(isEmpty(box)).toBe(true);
  });

  test.each([
    ['<input type="password">', false],
    ['<input autocomplete="one-time-code">', false],
    ['<input autocomplete="current-password">', false],
    ['<input type="email">', false],
    ['<input type="file">', false],
    ['<textarea readonly></textarea>', false],
    ['<input name="card-number">', false],
    ['<input type="text">', true],
    ['<input type="search">', true],
    ['<textarea></textarea>', true],
  ])('%s takes prompts: %s', (html, takes) => {
    document.body.innerHTML = html;
    expect(takesPrompts(document.body.firstElementChild as Element)).toBe(takes);
  });

  test('a field that becomes a secret when it gets the focus gets no text', () => {
    document.body.innerHTML = '<input type="text">';
    const box = document.querySelector('input') as HTMLInputElement;
    box.addEventListener('focus', () => (box.type = 'password'));
    expect(() => type(box, 'hello')).toThrow(Astray);
    expect(box.value).toBe('');
  });

  test('the attribute that repeats the text is set on the element around it', () => {
    document.body.innerHTML = '<div data-value=""><p><textarea></textarea></p></div>';
    mirror(field(), 'data-value', 'a "b"\nc');
    expect(document.querySelector('div')?.getAttribute('data-value')).toBe('a "b"\nc');
  });
});

describe('what a composer holds', () => {
  const read = (html: string, style = 'pre-wrap') => {
    document.body.innerHTML = `<div style="white-space: ${style}"></div>`;
    const editor = document.body.firstElementChild as HTMLElement;
    editor.innerHTML = html;
    return textOf(editor);
  };

  test.each([
    ['paragraphs', '<p>a</p><p><br></p><p>  b</p>', 'a\n\n  b'],
    ['breaks', '<p>a<br>b<br><br>c</p>', 'a\nb\n\nc'],
    ['blocks after bare text', 'a<div><br></div><div>b</div>', 'a\n\nb'],
    ['line ends of the text itself', '<p>a\n\n b\n</p>', 'a\n\n b'],
    ['what an editor puts in for itself', '<p>a<br><img alt=""><br class="x"></p>', 'a\n'],
    ['blocks in blocks', '<div><p>a</p><p>b</p></div><p>c</p>', 'a\nb\nc'],
    ['a widget', '<p>a<span contenteditable="false">Placeholder</span></p>', 'a'],
    ['a table of spans', '<p><span>a </span><span> b</span></p>', 'a  b'],
    ['nothing', '<p><br></p>', ''],
  ])('%s', (_, html, text) => expect(read(html)).toBe(text));

  test('a line end in a text that does not keep them is a space', () => {
    expect(read('<p>a\nb</p>', 'normal')).toBe('a b');
  });

  test('a lost line end is noticed, a wider space only by the exact look', () => {
    const box = field();
    box.value = 'a\u00A0b\n\nc\u200B';
    expect(holds(box, 'a b\n\nc')).toBe(true);
    expect(nearlyHolds(box, 'a b\nc')).toBe(false);
    expect(holds(box, 'a  b\n\nc')).toBe(false);
    expect(nearlyHolds(box, 'a  b\n\nc')).toBe(true);
    expect(nearlyHolds(box, 'a b c')).toBe(false);
    box.value = '\u200B\n';
    expect(isEmpty(box)).toBe(true);
  });
});
