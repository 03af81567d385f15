// @vitest-environment happy-dom
// The page's own dialog for tools: what is pressed, what is typed, what is put back.

import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { Adapter } from '../../src/generated/protocol';
import type { Act } from '../../src/runner/act';
import type { Fault } from '../../src/runner/fault';
import { Memory } from '../../src/runner/memory';
import { setTools } from '../../src/runner/tools';

const css = (selector: string) => [{ css: selector }];
const adapter = {
  locators: {},
  tools: {
    open: css('#more'),
    toggle: css('#panel [role=switch]'),
    edit: css('#edit'),
    tab: css('[role=tab]'),
    editor: css('dialog textarea'),
    save: css('#save'),
    close: css('#close'),
    error: css('[role=alert]'),
    keywords: [],
  },
} as unknown as Adapter;

/** What the page does. */
let kept: { on: boolean; text: string };
let pressed: string[];
let values: Record<string, string>;
let stubborn: boolean;
/** Presses of the switch that nobody listens to. */
let deaf: number;

beforeEach(() => {
  vi.spyOn(Element.prototype, 'getBoundingClientRect').mockReturnValue({ x: 0, y: 0, width: 10, height: 10 } as DOMRect);
  Element.prototype.checkVisibility = function () {
    return this.isConnected && this.closest('[hidden]') === null;
  };
  [kept, pressed, values, stubborn, deaf] = [{ on: false, text: '' }, [], {}, false, 0];
  document.body.innerHTML = '<button id="more">More</button><div id="panel" hidden></div>';
  const on = (selector: string, act: (element: Element) => void) =>
    document.querySelector(selector)?.addEventListener('click', (event) => {
      pressed.push(selector);
      act(event.currentTarget as Element);
    });
  on('#more', () => {
    const panel = document.querySelector('#panel') as HTMLElement;
    panel.hidden = false;
    panel.innerHTML = `<button role="switch" aria-checked="${kept.on}"></button><button id="edit">Edit</button>`;
    on('#panel [role=switch]', (toggle) => {
      if (deaf-- > 0) return;
      kept.on = !kept.on;
      toggle.setAttribute('aria-checked', String(kept.on));
    });
    on('#edit', () => {
      const dialog = document.createElement('dialog');
      dialog.innerHTML = '<button role="tab">Code</button><p role="alert"></p><button id="save">Save</button><button id="close">x</button>';
      document.body.append(dialog);
      on('[role=tab]', (tab) => {
        const field = document.createElement('textarea');
        field.value = kept.text;
        tab.replaceWith(field);
      });
      on('#save', () => {
        const { value } = document.querySelector('dialog textarea') as HTMLTextAreaElement;
        const bad = stubborn || value === '';
        if (bad) (document.querySelector('[role=alert]') as Element).textContent = 'Unknown key: pattern';
        else [kept.text] = [value, dialog.remove()];
      });
      on('#close', () => dialog.remove());
    });
  });
});

function set(tools?: string, change: Partial<Adapter> = {}): Promise<string> {
  const act = {
    adapter: { ...adapter, ...change },
    job: { tools },
    signal: new AbortController().signal,
    left: () => 1_000,
    until: (check: () => unknown) => Promise.resolve(check() || null),
    stage: {
      memory: new Memory(values, (now) => (values = now)),
      human: { notHuman: (action: () => void) => action() },
    },
  } as unknown as Act;
  return setTools(act).then(
    () => 'set',
    ({ failure }: Fault) => [failure.class, failure.locator, failure.site_words].filter(Boolean).join(' '),
  );
}

describe('tools in the page\'s own dialog', () => {
  test('are switched on, written, saved, and taken out again', async () => {
    expect(await set('[{"name":"a"}]')).toBe('set');
    expect(kept).toEqual({ on: true, text: '[{"name":"a"}]' });
    expect(pressed).toEqual(['#more', '#panel [role=switch]', '#edit', '[role=tab]', '#save']);
    expect(await set('[{"name":"b"}]')).toBe('set');
    expect(kept).toEqual({ on: true, text: '[{"name":"b"}]' });
    // An empty list was never saved there: it is switched off.
    expect([await set(), kept.on, values]).toEqual(['set', false, {}]);
    pressed = [];
    expect([await set(), pressed]).toEqual(['set', []]);
  });

  test('give way to what its human had there', async () => {
    kept = { on: true, text: '[{"name":"own"}]' };
    await set('[{"name":"a"}]');
    expect(kept.text).toBe('[{"name":"a"}]');
    expect([await set(), kept, values]).toEqual(['set', { on: true, text: '[{"name":"own"}]' }, {}]);
  });

  test('press a switch once more that does not listen yet, and no third time', async () => {
    deaf = 1;
    expect([await set('[{"name":"a"}]'), kept.on]).toEqual(['set', true]);
    await set();
    deaf = 2;
    expect([await set('[{"name":"a"}]'), kept.on]).toEqual(['tools_refused tools.toggle', false]);
  });

  test('that the dialog refuses are a failure in its words, and the dialog is closed', async () => {
    stubborn = true;
    expect(await set('[{"name":"a"}]')).toBe('tools_refused tools.error Unknown key: pattern');
    expect([document.querySelector('dialog'), kept.text]).toEqual([null, '']);
    stubborn = false;
    expect([await set(), kept.on]).toEqual(['set', false]);
  });

  test('need the switch that the adapter names; a turn without tools does not', async () => {
    document.body.innerHTML = '';
    expect(await set('[]')).toBe('tools_refused tools.toggle');
    expect([await set(), values]).toEqual(['set', {}]);
    values = { 'tools.switch': 'off' };
    expect([await set(), values]).toEqual(['set', { 'tools.switch': 'off' }]);
    const { tools: _, ...without } = adapter;
    expect(await set('[]', { ...without, tools: undefined as never })).toBe('tools_refused tools.toggle');
  });
});
