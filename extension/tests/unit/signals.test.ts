// @vitest-environment happy-dom
import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { Adapter } from '../../src/generated/protocol';
import { NO_STATUSES } from '../../src/runner/statuses';
import { isOutdated, neverStarted, pageState, trouble } from '../../src/runner/signals';

const adapter = {
  page: { start: '/' },
  locators: { composer: [{ css: '#composer' }] },
  signals: {
    quota: [{ shown: { css: '.toast' }, says: ['used up', 'aufgebraucht'] }],
    rate_limited: [{ shown: { css: '.toast' }, says: ['too fast'] }],
    maintenance: [{ shown: { css: '#closed' } }],
    outdated: [{ shown: { css: '#new-version' } }],
    signed_out: [{ shown: { css: '#login' } }],
    error: [{ shown: { css: '#error' } }],
  },
} as unknown as Adapter;

beforeEach(() => {
  vi.spyOn(Element.prototype, 'getBoundingClientRect').mockReturnValue({
    width: 10,
    height: 10,
  } as DOMRect);
  Element.prototype.checkVisibility = function () {
    return this.closest('[hidden]') === null;
  };
});

describe('signals', () => {
  test('one element among many says it, without case', () => {
    document.body.innerHTML =
      '<p class="toast">Saved</p><p class="toast" hidden>too fast</p><p class="toast">Ihr Kontingent ist AUFGEBRAUCHT.</p>';
    expect(trouble(adapter, NO_STATUSES)).toMatchObject({
      class: 'quota',
      site_words: 'Ihr Kontingent ist AUFGEBRAUCHT.',
    });
    document.body.innerHTML = '<p class="toast">Saved</p>';
    expect(trouble(adapter, NO_STATUSES)).toBeNull();
  });

  test('a site that is closed is no lane for a turn', () => {
    document.body.innerHTML = '<p id="closed">Back at nine</p><textarea id="composer"></textarea>';
    expect(pageState(adapter, true)).toEqual({
      lane: true,
      state: 'maintenance',
      detail: 'Back at nine',
    });
    expect(trouble(adapter, NO_STATUSES)?.class).toBe('maintenance');
  });

  test('a page that asks to be loaded again says so and nothing else', () => {
    document.body.innerHTML = '<p id="new-version">Reload</p><textarea id="composer"></textarea>';
    expect(isOutdated(adapter)).toBe(true);
    expect(pageState(adapter, true).state).toBe('ready');
    expect(trouble(adapter, NO_STATUSES)).toBeNull();
  });

  test.each([
    ['<p id="login">Sign in</p>', 'signed_out'],
    ['<p id="closed">Closed</p>', 'maintenance'],
    ['<p id="error">Oops</p>', 'page_error'],
    ['', undefined],
  ])('what %s keeps from starting', (html, kind) => {
    document.body.innerHTML = html;
    expect(neverStarted(adapter)?.class).toBe(kind);
  });

  test('a page that loads has not started', () => {
    document.body.innerHTML = '';
    const state = vi.spyOn(document, 'readyState', 'get').mockReturnValue('interactive');
    expect(neverStarted(adapter)?.class).toBe('not_started');
    state.mockRestore();
  });
});
