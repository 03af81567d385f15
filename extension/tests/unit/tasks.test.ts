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
  statuses.opened(0, 1, 429, true);
  expect(statuses.wordsOf(429)).toBeNull();
  statuses.bytes(1, new TextEncoder().encode('{"error":{"message":"Try again in 7 minutes."}}'));
  statuses.closed(1);
  expect(statuses.wordsOf(429)).toBe('Try again in 7 minutes.');
  statuses.opened(0, 2, 200, true);
  expect(statuses.wordsOf(200)).toBe('');
  expect(wordsIn('<html>')).toBe('');
  expect(wordsIn('[null,[8,"You have reached your limit."]]')).toBe('You have reached your limit.');
});

test('an error is the last word where the page does not ask again, and no answer came before it', () => {
  vi.useFakeTimers();
  const statuses = new Statuses();
  const fail = (tap: number, stream: number, status: number) => {
    statuses.opened(tap, stream, status, true);
    statuses.bytes(stream, new TextEncoder().encode('{"message":"All busy."}'));
    statuses.closed(stream);
  };
  statuses.asked();
  fail(0, 1, 401);
  expect([statuses.isRefused, statuses.refusal()]).toEqual([true, null]);
  // Its session was renewed.
  statuses.asked();
  vi.advanceTimersByTime(5_000);
  expect([statuses.isRefused, statuses.refusal()]).toEqual([false, null]);
  fail(0, 2, 503);
  vi.advanceTimersByTime(400);
  expect(statuses.refusal()).toEqual({ status: 503, words: 'All busy.' });
  statuses.asked();
  statuses.opened(0, 3, 200, true);
  fail(0, 4, 404);
  statuses.opened(1, 5, 500, false);
  vi.advanceTimersByTime(5_000);
  expect(statuses.refusal()).toBeNull();
  // A body without end is not waited for.
  statuses.opened(2, 6, 500, true);
  vi.advanceTimersByTime(1_000);
  expect(statuses.refusal()).toBeNull();
  vi.advanceTimersByTime(1_500);
  expect(statuses.refusal()).toEqual({ status: 500, words: '' });
  vi.useRealTimers();
});
