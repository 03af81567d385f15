// @vitest-environment happy-dom
import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { Adapter } from '../../src/generated/protocol';
import type { Act } from '../../src/runner/act';
import { Fault } from '../../src/runner/fault';
import { failure } from '../../src/runner/signals';
import { makeTemporary } from '../../src/runner/temporary';

const adapter = {
  temporary_chat: true,
  locators: {
    composer: [{ css: '#composer' }],
    temporary_chat: [{ role: 'button', name: ['Temporary chat'] }, { css: '[role=switch]' }],
  },
} as unknown as Adapter;

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

/** A page with such a switch, which does this when it is pressed. */
function page(html: string, pressed: (toggle: Element) => void = () => {}): void {
  document.body.innerHTML = `<textarea id="composer"></textarea>${html}`;
  document.querySelector('button')?.addEventListener('click', (event) => {
    clicks += 1;
    pressed(event.currentTarget as Element);
  });
}

function made(change: Partial<Adapter> = {}): Promise<string> {
  const act = {
    adapter: { ...adapter, ...change },
    left: () => 1_000,
    until: (check: () => unknown) => Promise.resolve(check() || null),
    missing: (role: string) => new Fault(failure('page_changed', 'Nothing is it.', { locator: role })),
  } as unknown as Act;
  return makeTemporary(act).then(
    () => 'made',
    (error: Fault) => `${error.failure.class} ${error.failure.locator}`,
  );
}

const flip = (toggle: Element) => toggle.setAttribute('aria-checked', 'true');
const OFF = '<button role="switch" aria-checked="false">Temp</button>';

describe('a temporary chat', () => {
  test('is switched on, once', async () => {
    page(OFF, flip);
    expect([await made(), await made(), clicks]).toEqual(['made', 'made', 1]);
  });

  test('is left alone where the adapter does not ask for one', async () => {
    page(OFF, flip);
    expect([await made({ temporary_chat: false }), clicks]).toEqual(['made', 0]);
  });

  test('fails where its switch stays off', async () => {
    page(OFF);
    expect(await made()).toBe('choice_refused temporary_chat');
  });

  test('fails where the page has no switch for it', async () => {
    page('<button hidden>Temporary chat</button>');
    expect([await made(), clicks]).toEqual(['page_changed temporary_chat', 0]);
  });

  test('is on where a button without a state gives way to another', async () => {
    page('<button>Temporary chat</button>', (button) => (button.textContent = 'Keep this chat'));
    expect(await made()).toBe('made');
  });

  test('is not taken to be on where a button without a state stays', async () => {
    page('<button>Temporary chat</button>');
    expect(await made()).toBe('choice_refused temporary_chat');
  });
});
