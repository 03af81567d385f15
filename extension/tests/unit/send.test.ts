// @vitest-environment happy-dom
import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { Adapter } from '../../src/generated/protocol';
import type { Changes } from '../../src/runner/changes';
import { sendLadder } from '../../src/runner/send';

const adapter = {
  locators: {
    composer: [{ css: '#composer' }],
    send: [{ css: '#send' }],
    stop: [{ css: '#stop' }],
  },
  send: {
    by: ['click', 'enter', 'ctrl_enter'],
    accepted: ['composer_empty', 'tap_opened'],
    proof_ms: 10,
  },
} as unknown as Adapter;

/** Looks once now and once after the page had its turn: no clock. */
const changes = {
  async until<T>(check: () => T | null | false): Promise<T | null> {
    const now = check();
    if (now) return now;
    await Promise.resolve();
    return check() || null;
  },
} as unknown as Changes;

let tapAccepted = false;
let steps: string[];

function page(accepts: string): HTMLTextAreaElement {
  document.body.innerHTML = '<textarea id="composer"></textarea><button id="send">Send</button>';
  const composer = document.querySelector('textarea') as HTMLTextAreaElement;
  composer.value = 'hello';
  const on = (step: string) => {
    steps.push(step);
    if (step === accepts) composer.value = '';
  };
  document.querySelector('button')?.addEventListener('click', () => on('click'));
  composer.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') on(event.ctrlKey ? 'ctrl_enter' : 'enter');
  });
  return composer;
}

function send(signal = new AbortController().signal) {
  return sendLadder({
    adapter,
    changes,
    signal,
    prompt: 'hello',
    tapAccepted: () => tapAccepted,
    left: () => 1000,
  });
}

beforeEach(() => {
  steps = [];
  tapAccepted = false;
});

describe('the send ladder', () => {
  const within = (send: object) => ({ ...adapter, send: { ...adapter.send, ...send } }) as Adapter;

  test.each([
    ['click', ['click']],
    ['enter', ['click', 'enter']],
    ['ctrl_enter', ['click', 'enter', 'ctrl_enter']],
  ])('stops at %s, the step that the page takes', async (accepts, expected) => {
    page(accepts);
    expect(await send()).toBeNull();
    expect(steps).toEqual(expected);
  });

  test('a stream of the page is proof enough', async () => {
    page('none');
    document.querySelector('button')?.addEventListener('click', () => (tapAccepted = true));
    expect(await send()).toBeNull();
    expect(steps).toEqual(['click']);
  });

  test('no step goes on once the text is no longer as it was typed', async () => {
    const composer = page('none');
    document
      .querySelector('button')
      ?.addEventListener('click', () => (composer.value = 'hello, and more'));
    expect(await send()).toBe('');
    expect(steps).toEqual(['click']);
  });

  test('a button that cannot be pressed is named if nothing else works', async () => {
    page('none');
    document.querySelector('button')?.remove();
    expect(await send()).toBe('');
    expect(steps).toEqual(['enter', 'ctrl_enter']);
    const only = { ...adapter, send: { ...adapter.send, by: ['click'] } } as Adapter;
    const ladder = {
      adapter: only,
      changes,
      signal: new AbortController().signal,
      prompt: 'hello',
    };
    expect(await sendLadder({ ...ladder, tapAccepted: () => false, left: () => 1000 })).toBe(
      'send',
    );
  });

  test('a disabled button is not pressed', async () => {
    page('enter');
    document.querySelector('button')?.setAttribute('aria-disabled', 'true');
    expect(await send()).toBeNull();
    expect(steps).toEqual(['enter']);
  });

  test('a button that the page holds back is waited for where nothing else is left', async () => {
    page('click');
    const button = document.querySelector('button') as HTMLButtonElement;
    button.disabled = true;
    const waited: number[] = [];
    const connecting = {
      until<T>(check: () => T | null | false, limit: number) {
        waited.push(limit);
        if (limit > 10) button.disabled = false;
        return changes.until(check, limit, new AbortController().signal);
      },
    } as unknown as Changes;
    const ladder = {
      changes: connecting,
      signal: new AbortController().signal,
      prompt: 'hello',
      tapAccepted: () => false,
      left: () => 1000,
    };
    expect(await sendLadder({ ...ladder, adapter: within({ by: ['click'] }) })).toBeNull();
    expect(waited).toEqual([10, 1000, 10]);
  });

  test('whoever ends the turn ends the ladder', async () => {
    page('enter');
    await expect(send(AbortSignal.abort(new Error('over')))).rejects.toThrow('over');
    expect(steps).toEqual([]);
  });

  const run = (change: Adapter) =>
    sendLadder({
      adapter: change,
      changes,
      signal: new AbortController().signal,
      prompt: 'hello',
      tapAccepted: () => false,
      left: () => 1000,
    });

  test('a pointer step has all of a mouse, and ends with one click', async () => {
    page('click');
    const seen: string[] = [];
    for (const type of ['pointerdown', 'mousedown', 'pointerup', 'mouseup', 'click']) {
      document.querySelector('button')?.addEventListener(type, () => seen.push(type));
    }
    expect(await run(within({ by: ['pointer', 'enter'] }))).toBeNull();
    expect(seen).toEqual(['pointerdown', 'mousedown', 'pointerup', 'mouseup', 'click']);
    expect(steps).toEqual(['click']);
  });

  test('Meta+Enter is a key of its own', async () => {
    const composer = page('none');
    composer.addEventListener('keydown', (event) => {
      if (event.metaKey) composer.value = '';
    });
    expect(await run(within({ by: ['meta_enter'] }))).toBeNull();
  });

  test('a new answer is a proof, an old one is none', async () => {
    page('none');
    const answered = {
      ...within({ by: ['click'], accepted: ['answer_appeared'] }),
      locators: { ...adapter.locators, answer: [{ css: '.answer' }] },
    } as Adapter;
    document.body.insertAdjacentHTML('beforeend', '<p class="answer">old</p>');
    expect(await run(answered)).toBe('');
    document.querySelector('button')?.addEventListener('click', () => {
      document.body.insertAdjacentHTML('beforeend', '<p class="answer">new</p>');
    });
    expect(await run(answered)).toBeNull();
  });

  test('another path is a proof', async () => {
    page('none');
    document.querySelector('button')?.addEventListener('click', () => {
      history.pushState(null, '', '/c/1');
    });
    expect(await run(within({ by: ['click'], accepted: ['url_changed'] }))).toBeNull();
  });

  test('a button that something covers is not pressed', async () => {
    page('click');
    document.body.insertAdjacentHTML('beforeend', '<div id="cover"></div>');
    Element.prototype.checkVisibility = () => true;
    const box = { left: 0, top: 0, right: 9, bottom: 9, width: 9, height: 9 } as DOMRect;
    const boxes = vi.spyOn(Element.prototype, 'getBoundingClientRect').mockReturnValue(box);
    document.elementFromPoint = () => document.querySelector('#cover');
    expect(await run(within({ by: ['click'] }))).toBe('send');
    expect(steps).toEqual([]);
    document.elementFromPoint = () => document.querySelector('button');
    expect(await run(within({ by: ['click'] }))).toBeNull();
    boxes.mockRestore();
  });
});
