// @vitest-environment happy-dom
import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { Adapter } from '../../src/generated/protocol';
import { closeOverlays } from '../../src/runner/overlays';

let clicks: number;

beforeEach(() => {
  vi.spyOn(Element.prototype, 'getBoundingClientRect').mockReturnValue({
    width: 10,
    height: 10,
  } as DOMRect);
  Element.prototype.checkVisibility = function () {
    return this.closest('[hidden]') === null;
  };
  clicks = 0;
});

/** A page with an overlay of this content; its adapter, as bad as it may be, says `#x` closes it. */
async function closing(content: string, attributes = ''): Promise<number> {
  document.body.innerHTML = `<div id="over" ${attributes}>${content}</div><p id="challenge" hidden></p>`;
  document.querySelector('#x')?.addEventListener('click', (event) => {
    event.preventDefault();
    clicks += 1;
    document.querySelector('#over')?.remove();
  });
  await closeOverlays(adapter, until);
  return clicks;
}

const adapter = {
  locators: {},
  signals: { challenge: [{ shown: { css: '#challenge' } }] },
  overlays: [{ shown: { css: '#over' }, close: { css: '#x' } }],
} as unknown as Adapter;
const until = (check: () => boolean) => Promise.resolve(check());

describe('overlays', () => {
  test.each([
    'What is new <button id="x">Close</button>',
    'Try our app! <button id="x" aria-label="Dismiss"></button>',
    '<b>Tipp</b> Neue Tasten. <button id="x">Schließen</button>',
  ])('%s is closed', async (content) => expect(await closing(content)).toBe(1));

  test.each([
    ['a checkbox', '<input type="checkbox"> Remember <button id="x">Close</button>'],
    ['a switch', '<i role="switch"></i><button id="x">Close</button>'],
    ['a password', '<input type="password"><button id="x">Close</button>'],
    ['a form that posts', '<form method="POST"><button id="x">Close</button></form>'],
    ['a frame, where a challenge may be', '<iframe></iframe><button id="x">Close</button>'],
    ['a word that agrees', 'News <button id="x">I agree</button>'],
    ['terms', 'Our Terms of Service have changed <button id="x">OK</button>'],
    ['cookies', 'We use cookies <button id="x">Close</button>'],
    ['a consent in German', 'Datenschutz <button id="x">Alle akzeptieren</button>'],
    ['a consent in French', '<button id="x">J’accepte</button>'],
    ['a consent in Russian', '<button id="x">Согласен</button>'],
    ['a consent in Chinese', '<button id="x">同意</button>'],
    ['a consent in Japanese', '利用規約 <button id="x">閉じる</button>'],
    ['a challenge', 'Verify that you are human <button id="x">Close</button>'],
    ['a purchase', 'Upgrade to Pro <button id="x">Continue</button>'],
    ['a disabled button', '<button id="x" disabled>Close</button>'],
    ['a hidden button', '<button id="x" hidden>Close</button>'],
  ])('%s is never pressed', async (_, content) => expect(await closing(content)).toBe(0));

  test('a button of a binding dialog is not pressed from an overlay within it', async () => {
    document.body.innerHTML =
      '<dialog open><p>Terms</p><div id="over"><button id="x">Close</button></div></dialog>';
    document.querySelector('#x')?.addEventListener('click', () => (clicks += 1));
    await closeOverlays(adapter, until);
    expect(clicks).toBe(0);
  });

  test('nothing is closed while the page asks for its human', async () => {
    document.body.innerHTML =
      '<div id="over"><button id="x">Close</button></div><p id="challenge">Check</p>';
    document.querySelector('#x')?.addEventListener('click', () => (clicks += 1));
    await closeOverlays(adapter, until);
    expect(clicks).toBe(0);
  });
});
