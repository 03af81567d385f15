// @vitest-environment happy-dom
import { beforeEach, expect, test, vi } from 'vitest';
import type { Adapter, Site } from '../../src/generated/protocol';
import { diagnose } from '../../src/runner/diagnose';

const CANARY = 'canary-8d1f';

beforeEach(() => {
  let at = 0;
  vi.spyOn(Element.prototype, 'getBoundingClientRect').mockImplementation(
    () => ({ x: (at += 1) % 50, y: 20, width: 200, height: 30 }) as DOMRect,
  );
  Element.prototype.checkVisibility = function () {
    return this.closest('[hidden]') === null;
  };
  document.title = CANARY;
  history.replaceState(null, '', `/chat?secret=${CANARY}#${CANARY}`);
  document.body.innerHTML = `
    <p>${CANARY} said the answer</p><img alt="${CANARY}" src="data:image/png;base64,${CANARY}">
    <textarea id="composer" placeholder="${CANARY}" title="${CANARY}">${CANARY}</textarea>
    <button data-testid="send-button" role="button" aria-label="${CANARY}" disabled>${CANARY}</button>
    <div class="limit">Try again at noon</div>`;
  (document.querySelector('textarea') as HTMLTextAreaElement).value = CANARY;
});

function site(): Site {
  const adapter = {
    page: { start: '/', proof: [{ css: '#elsewhere' }] },
    locators: {
      composer: [{ css: '#gone' }, { css: '#composer' }],
      send: [{ test_id: 'send-button' }],
      stop: [{ css: '#stop' }],
    },
    signals: { rate_limited: [{ shown: { css: '.limit' } }], done: [{ shown: { css: 'p' } }] },
  } as unknown as Adapter;
  return { name: 's', origin: 'http://localhost', adapter };
}

test('says which locator of each role resolved, and what stands in the way', () => {
  const seen = diagnose('q1', site(), true);
  expect(seen).toMatchObject({ about: 'q1', site: 's', path: '/chat', state: 'page_changed' });
  expect(seen.locators).toEqual([
    {
      role: 'composer',
      locator: 1,
      count: 1,
      visible: true,
      enabled: true,
      element: 'textarea#composer',
    },
    {
      role: 'send',
      locator: 0,
      count: 1,
      visible: true,
      enabled: false,
      element: 'button[data-testid=send-button][role=button]',
    },
    { role: 'stop', count: 0, visible: false, enabled: false, element: '' },
    { role: 'proof', count: 0, visible: false, enabled: false, element: '' },
  ]);
  expect(seen.signals).toEqual([
    { signal: 'rate_limited', probe: 0, words: 'Try again at noon' },
    { signal: 'done', probe: 0, words: '' },
  ]);
});

test('nothing that the page shows or holds leaves by it, but words of its signals', () => {
  const seen = diagnose('q1', site(), true);
  expect(JSON.stringify(seen)).not.toContain(CANARY);
  expect(seen.sketch).toContain('>composer</text>');
  expect([...seen.sketch.matchAll(/<text[^>]*>([^<]*)</g)].map(([, text]) => text)).toEqual([
    'composer',
    'send',
  ]);
});

test('a sketch is bounded, whatever the page holds', () => {
  document.body.innerHTML += '<div><span>x</span></div>'.repeat(5_000);
  const { sketch } = diagnose('q1', site(), true);
  expect(sketch.length).toBeLessThanOrEqual(128 * 1024);
  expect(sketch.match(/<rect /g)?.length).toBeLessThanOrEqual(1 + 400 + 2);
});

test('tells when the session ends, which hinders nothing', () => {
  const ending = site();
  const session_ends = [{ shown: { css: '.session' } }];
  Object.assign(ending.adapter.signals, { session_ends });
  document.body.insertAdjacentHTML('beforeend', '<p class="session">Expires in 5 hours</p>');
  const { state, signals } = diagnose('q1', ending, true);
  expect(state).toBe('page_changed');
  expect(signals).toContainEqual({ signal: 'session_ends', probe: 0, words: 'Expires in 5 hours' });
});
