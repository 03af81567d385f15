// @vitest-environment happy-dom
import { beforeEach, describe, expect, test } from 'vitest';
import type { Adapter } from '../../src/generated/protocol';
import { FreshAnswers } from '../../src/runner/answers';
import { blocksOf, htmlOf } from '../../src/runner/blocks';
import { AnswerWatcher } from '../../src/runner/dom';
import type { PageRecord } from '../../src/shared/frame';

const adapter = (more: object = {}, locators: object = {}) =>
  ({
    locators: { answer: [{ css: '.answer' }], ...locators },
    answer: { kind: 'dom', strip: ['button'], ...more },
  }) as unknown as Adapter;

const none: ReadonlySet<Element> = new Set();

beforeEach(() => {
  document.body.innerHTML = '';
});

function element(html: string): Element {
  const holder = document.createElement('div');
  holder.innerHTML = html;
  document.body.append(holder);
  return holder.firstElementChild as Element;
}

describe('blocks', () => {
  const cut = { strip: 'button', label: '.label' };
  const blocks = (html: string) =>
    blocksOf(element(html), cut, none).map((block) => htmlOf(block, cut, none));

  test.each<[string, string, string[]]>([
    ['blocks of a text', '<div><p>a</p><ul><li>b</li></ul></div>', ['<p>a</p>', '<ul><li>b</li></ul>']],
    ['wrappers are seen through', '<div><div><section><p>a</p><p>b</p></section></div></div>', ['<p>a</p>', '<p>b</p>']],
    ['text beside blocks', '<div>a <b>b</b><p>c</p> d &lt;</div>', ['a <b>b</b>', '<p>c</p>', ' d &lt;']],
    ['what is stripped is no block', '<div><p>a<button>x</button></p><button>Copy</button></div>', ['<p>a</p>']],
    ['code stays in its frame', '<div><p>a</p><div><span>rust</span><pre>b</pre></div></div>', ['<p>a</p>', '<div><span>rust</span><pre>b</pre></div>']],
    ['a label names the language', '<div><p>a</p><div><i class="label">Rust</i><pre>b</pre></div></div>', ['<p>a</p>', '<div><pre data-language="rust">b</pre></div>']],
  ])('%s', (_, html, expected) => expect(blocks(html)).toEqual(expected));

  test('what an open shadow root shows is part of the text', () => {
    const host = element('<div><x-text></x-text></div>');
    const shadow = host.firstElementChild?.attachShadow({ mode: 'open' });
    if (shadow) shadow.innerHTML = '<p>deep</p><button>Copy</button>';
    const found = blocksOf(host, cut, none).map((block) => htmlOf(block, cut, none));
    expect(found).toEqual(['<p>deep</p>']);
  });
});

describe('answers of this turn', () => {
  const add = (html: string, where: InsertPosition = 'beforeend') =>
    document.body.insertAdjacentHTML(where, html);
  const texts = (fresh: FreshAnswers) => fresh.now().map(({ textContent }) => textContent);

  test('a list that makes old answers anew passes none of them for a new one', () => {
    add('<p class="answer">one</p><p class="answer">two</p>');
    const fresh = new FreshAnswers(adapter());
    document.body.innerHTML = '<p class="answer">two</p>';
    expect(texts(fresh)).toEqual([]);
    add('<p class="answer">three</p>');
    expect(texts(fresh)).toEqual(['three']);
    // Scrolled: the older are gone, and the new one is another element.
    document.body.innerHTML = '<p class="answer">three and more</p>';
    expect(texts(fresh)).toEqual(['three and more']);
  });

  test('history that is loaded above is not new', () => {
    add('<p class="answer">two</p>');
    const fresh = new FreshAnswers(adapter());
    add('<p class="answer">one</p>', 'afterbegin');
    expect(texts(fresh)).toEqual([]);
  });

  test('the same words again are a new answer where there is one more', () => {
    add('<p class="answer">yes</p>');
    const fresh = new FreshAnswers(adapter());
    add('<p class="answer">yes</p>');
    expect(texts(fresh)).toEqual(['yes']);
  });

  test('a key tells answers apart whatever they say', () => {
    add('<p class="answer" data-message-id="1">yes</p>');
    const fresh = new FreshAnswers(adapter());
    document.body.innerHTML = '<p class="answer" data-message-id="1">changed</p>';
    expect(texts(fresh)).toEqual([]);
    document.body.innerHTML = '<p class="answer" data-message-id="2">yes</p>';
    expect(texts(fresh)).toEqual(['yes']);
  });
});

describe('the watcher', () => {
  function watch(one: Adapter, push?: (record: PageRecord) => void, sides = 1) {
    const records: unknown[] = [];
    const errors: unknown[] = [];
    const sink = {
      unacked: 0,
      push:
        push ??
        ((record: PageRecord) => {
          if (record.kind === 'dom') {
            const { block, html, closed, thought, choice } = record;
            records.push([`${choice}${thought ? 't' : ''}.${block}`, html, closed]);
          }
        }),
    };
    const watcher = new AnswerWatcher(one, sink, (error) => errors.push(error), sides);
    watcher.start();
    return { watcher, records, errors };
  }

  test('reasoning goes apart and is not repeated in the text', () => {
    const { watcher, records } = watch(adapter({}, { thought: [{ css: '.thought' }] }));
    element('<div class="answer"><div class="thought"><p>hm</p></div><p>a</p></div>');
    watcher.finish();
    expect(records).toEqual([
      ['0t.0', '<p>hm</p>', true],
      ['0.0', '<p>a</p>', true],
    ]);
  });

  test('several answers to one prompt are choices', () => {
    const { watcher, records } = watch(adapter(), undefined, 2);
    document.body.innerHTML = '<div class="answer"><p>A</p></div><div class="answer"><p>B</p></div>';
    watcher.finish();
    expect(records).toEqual([
      ['0.0', '<p>A</p>', true],
      ['1.0', '<p>B</p>', true],
    ]);
  });

  test('an answer of several parts has the blocks of all', () => {
    const { watcher, records } = watch(adapter({ blocks: '.part' }));
    element('<div class="answer"><div class="part"><p>a</p></div><i>x</i><div class="part"><p>b</p></div></div>');
    watcher.finish();
    expect(records).toEqual([
      ['0.0', '<p>a</p>', true],
      ['0.1', '<p>b</p>', true],
    ]);
  });
});
