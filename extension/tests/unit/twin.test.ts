import { expect, test } from 'vitest';
import { Twin } from '../../src/tap/twin';

const bytes = (text: string) => new TextEncoder().encode(text);
const missed = (twin: Twin) => twin.missed().map((one) => new TextDecoder().decode(one)).join('');

test('what only the page has read is missed, once', () => {
  const twin = new Twin();
  twin.theyRead(bytes('one '));
  twin.weRead(bytes('one '));
  twin.theyRead(bytes('two '));
  twin.theyRead(bytes('three'));
  expect(missed(twin)).toBe('two three');
  expect(missed(twin)).toBe('');
});

test('pieces need not have the same sizes', () => {
  const twin = new Twin();
  twin.theyRead(bytes('one two'));
  twin.weRead(bytes('one'));
  expect(missed(twin)).toBe(' two');
});

test('where we are ahead, nothing is missed', () => {
  const twin = new Twin();
  twin.weRead(bytes('one two'));
  twin.theyRead(bytes('one '));
  expect(missed(twin)).toBe('');
});

test('a copy is kept, whatever the page does to its own', () => {
  const twin = new Twin();
  const page = bytes('word');
  twin.theyRead(page);
  page.fill(0);
  expect(missed(twin)).toBe('word');
});
