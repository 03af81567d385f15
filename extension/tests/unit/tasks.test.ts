// @vitest-environment happy-dom
import { expect, test, vi } from 'vitest';
import { Clock } from '../../src/runner/tasks';
import { Statuses, wordsIn } from '../../src/runner/statuses';

test('a timer of the page that was in the tab before does not ring in this one', () => {
  vi.useFakeTimers();
  const asked: number[] = [];
  const hidden = vi.spyOn(document, 'hidden', 'get').mockReturnValue(true);
  const before = new Clock((id) => asked.push(id));
  before.after(1_000, () => {});
  const now = new Clock(() => {});
  let rang = false;
  now.after(60_000, () => { rang = true; });
  for (const id of asked) now.rang(id);
  expect(asked).toHaveLength(1);
  expect(rang).toBe(false);
  hidden.mockRestore();
  vi.useRealTimers();
});

test('an error counts with the words of its body, once they are here', () => {
  const statuses = new Statuses();
  statuses.opened(1, 429);
  expect(statuses.wordsOf(429)).toBeNull();
  statuses.bytes(1, new TextEncoder().encode('{"error":{"message":"Try again in 7 minutes."}}'));
  statuses.closed(1);
  expect(statuses.wordsOf(429)).toBe('Try again in 7 minutes.');
  statuses.opened(2, 200);
  expect(statuses.wordsOf(200)).toBe('');
  expect(wordsIn('<html>')).toBe('');
  expect(wordsIn('[null,[8,"You have reached your limit."]]')).toBe('You have reached your limit.');
});
