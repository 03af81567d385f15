// @vitest-environment happy-dom
import { expect, test, vi } from 'vitest';
import type { Adapter } from '../../src/generated/protocol';
import { Progress } from '../../src/runner/done';
import type { AnswerWatcher } from '../../src/runner/dom';

test('a page that looks finished and shows no answer yet is given more time', () => {
  vi.useFakeTimers();
  const adapter = { answer: { kind: 'dom' }, locators: {}, signals: {} } as unknown as Adapter;
  adapter.signals.done = [{ gone: 'stop' }] as unknown as Adapter['signals']['done'];
  const watcher = { began: true, hasSent: false, changedAt: 0 };
  const progress = new Progress(adapter);
  progress.watcher = watcher as unknown as AnswerWatcher;
  const isDone = progress.doneCheck();
  expect(isDone()).toBe(false);
  vi.advanceTimersByTime(1_000);
  expect(isDone()).toBe(false);
  watcher.hasSent = true;
  expect(isDone()).toBe(true);
  watcher.hasSent = false;
  vi.advanceTimersByTime(2_500);
  expect(isDone()).toBe(true);
  vi.useRealTimers();
});
