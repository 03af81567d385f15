// The models that a page offers, where it tells them itself.

import type { Adapter, Capability, ModelData, ModelList, Sign } from '../generated/protocol';
import type { Told } from '../shared/channel';
import { valueAt } from '../shared/pointer';
import { wellFormed } from '../shared/frame';
import type { Changes } from './changes';
import { pressKey, pressOn } from './gestures';
import { byRole, every, isEnabled, isVisible } from './locate';
import { labelOf } from './words';

/** More are not named: a menu of so many is no menu of models. */
const MAX_MODELS = 300;
const MAX_NAME = 120;
/** How long a menu may take to show its items. */
const MENU_MS = 2_000;
/** How often it is pressed, and how long each may take to open it. */
const PRESSES = 3;
const PRESSED_MS = 1_000;
/** A note beside an item may lie over the menu, and is what the first key closes. */
const CLOSE_TRIES = 4;
/** How long a menu must show the same number of items. */
const STEADY_MS = 150;

/** Names for the API, each with what the page's menu shows for it. */
export type Labels = Map<string, string>;

/** The models in a JSON document. */
export function modelsIn(document: unknown, where: ModelList | ModelData): Labels {
  const labels: Labels = new Map();
  const list = valueAt(document, where.list ?? '');
  if (!Array.isArray(list)) return labels;
  for (const entry of list.slice(0, MAX_MODELS) as unknown[]) {
    const name = valueAt(entry, where.id ?? '');
    const label = where.label === undefined ? name : valueAt(entry, where.label);
    if (!isName(name)) continue;
    labels.set(wellFormed(name), isName(label) ? label : name);
  }
  return labels;
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '' && value.length <= MAX_NAME;
}

/** What the entries of a JSON document say that its models can take and give. */
export function toldIn(document: unknown, where: ModelList | ModelData): Told {
  const told: Told = {};
  const list = valueAt(document, where.list ?? '');
  const signs = Object.entries(where.capabilities ?? {}) as [Capability, Sign[]][];
  if (!Array.isArray(list) || signs.length === 0) return told;
  for (const entry of list.slice(0, MAX_MODELS) as unknown[]) {
    const name = valueAt(entry, where.id ?? '');
    if (!isName(name)) continue;
    told[wellFormed(name)] = Object.fromEntries(
      signs.map(([capability, some]) => [capability, some.some((sign) => shows(entry, sign))]),
    );
  }
  return told;
}

/** Whether an entry has the sign. */
function shows(entry: unknown, { at, has }: Sign): boolean {
  const value = valueAt(entry, at);
  if (has === undefined) return isSet(value);
  if (Array.isArray(value)) return value.includes(has);
  if (typeof value === 'object' && value !== null) {
    return Object.hasOwn(value, has) && isSet((value as Record<string, unknown>)[has]);
  }
  return value === has;
}

function isSet(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0;
  return Boolean(value);
}

/** What a JSON text says of models; nothing where it is no JSON. */
export function readText(text: string, where: ModelList | ModelData): [Labels, Told] {
  try {
    const document: unknown = JSON.parse(text);
    return [modelsIn(document, where), toldIn(document, where)];
  } catch {
    return [new Map(), {}];
  }
}

/** The models that the page's own text lists. */
export function modelsOnPage(where: ModelData): [Labels, Told] {
  return readText(document.querySelector(where.css)?.textContent ?? '', where);
}

/** The items of the menu, once it shows them all. */
export async function openMenu(
  adapter: Adapter,
  changes: Changes,
  signal?: AbortSignal,
): Promise<Element[]> {
  const shown = () => every(adapter, adapter.locators.model_item ?? []).filter(isVisible);
  // A page that is still building itself shows a menu before it listens.
  for (let tries = 0; tries < PRESSES && shown().length === 0; tries++) {
    const menu = byRole(adapter, 'model_menu');
    if (!menu || !isEnabled(menu)) return [];
    pressOn(menu);
    await changes.until(() => shown().length > 0, PRESSED_MS, signal);
  }
  let count = 0;
  let since = Infinity;
  await changes.until(
    () => {
      const now = shown().length;
      if (now !== count) since = performance.now();
      count = now;
      return count > 0 && performance.now() - since >= STEADY_MS;
    },
    MENU_MS,
    signal,
  );
  return shown();
}

/** Closes the menu, whoever has its focus. */
export function closeMenu(adapter: Adapter): void {
  const item = every(adapter, adapter.locators.model_item ?? []).find(isVisible);
  if (!item) return;
  const active = document.activeElement;
  pressKey(active && active !== document.body ? active : item, 'Escape');
  const still = every(adapter, adapter.locators.model_item ?? []).find(isVisible);
  if (still) pressKey(still, 'Escape');
}

/** Reads the menu: opened, read, closed. */
export async function modelsOfMenu(adapter: Adapter, changes: Changes): Promise<Labels> {
  const items = await openMenu(adapter, changes);
  const names = items.map(labelOf).filter(isName).slice(0, MAX_MODELS);
  const closed = () => !every(adapter, adapter.locators.model_item ?? []).some(isVisible);
  for (let tries = 0; tries < CLOSE_TRIES && !closed(); tries += 1) {
    closeMenu(adapter);
    await changes.until(closed, MENU_MS / CLOSE_TRIES);
  }
  return new Map(names.map((name) => [wellFormed(name), name]));
}
