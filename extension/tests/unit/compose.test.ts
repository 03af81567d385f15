// @vitest-environment happy-dom
import { expect, test } from 'vitest';
import { clear, holds, isEmpty, methodsFor } from '../../src/runner/compose';

test('a framework that tracks the value sees the change', () => {
  document.body.innerHTML = '<textarea></textarea>';
  const box = document.querySelector('textarea') as HTMLTextAreaElement;
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
  methodsFor('textarea')[0]?.(box, 'hello\nworld');
  expect(state).toBe('hello\nworld');
  expect(holds(box, 'hello world')).toBe(true);
  clear(box);
  expect(isEmpty(box)).toBe(true);
});

test('white space and characters without width make no difference, letters do', () => {
  document.body.innerHTML = '<textarea></textarea>';
  const box = document.querySelector('textarea') as HTMLTextAreaElement;
  box.value = ' a\u00A0b\n\nc\u200B ';
  expect(holds(box, 'a b\nc')).toBe(true);
  expect(holds(box, 'a b\nd')).toBe(false);
  box.value = '\u200B\n';
  expect(isEmpty(box)).toBe(true);
});
