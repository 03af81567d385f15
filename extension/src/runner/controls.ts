// The page's controls for settings: what each holds, and how a person would change it.

import type { ControlKind } from '../generated/protocol';
import { waysFor } from './compose';
import { pressKey, pressOn } from './gestures';
import { isVisible } from './locate';
import { holds, textOf } from './text';
import { labelOf, plain, shows } from './words';

/** What a control needs of the turn: to wait until the page shows something. */
export type Until = <T>(check: () => T | null | false, ms: number) => Promise<T | null>;

/** The control cannot take a value; the words say why. */
export class Unfit extends Error {}

/** How long a page may take to show what was set. */
const SHOWN_MS = 2_000;
/** Steps of a slider's keys after which it is given up. */
const MAX_STEPS = 2_000;

interface Kind {
  /** What it holds, in the words by which it is set. */
  read(element: HTMLElement): string;
  /** Sets it and sees that the page took it. Throws `Unfit`. */
  write(element: HTMLElement, value: string, until: Until): Promise<void>;
}

/** Chips are not here: they are several values, see chips.ts. */
export const CONTROLS: Record<Exclude<ControlKind, 'chips'>, Kind> = {
  number: { read: valueOf, write: writeNumber },
  slider: { read: positionOf, write: writeSlider },
  text: { read: textOf, write: writeText },
  toggle: { read: (element) => (isOn(element) ? 'on' : 'off'), write: writeToggle },
  select: { read: chosenOf, write: writeSelect },
};

function valueOf(element: HTMLElement): string {
  return (element as HTMLInputElement).value ?? textOf(element);
}

/** Types a text into a field, as into a composer. */
export function fill(element: HTMLElement, text: string): void {
  const [way] = waysFor('value' in element ? 'textarea' : 'contenteditable');
  for (const step of way?.(text) ?? []) step(element);
  // Some fields take their value only when they are left.
  element.blur();
}

async function writeNumber(element: HTMLElement, value: string, until: Until): Promise<void> {
  const wanted = numberIn(value);
  const { min, max } = element as HTMLInputElement;
  within(wanted, min, max);
  fill(element, value);
  if (!(await until(() => Number(valueOf(element)) === wanted, SHOWN_MS))) {
    throw new Unfit(`shows ${valueOf(element)} in place of ${value}`);
  }
}

function numberIn(value: string): number {
  const number = Number(value);
  if (value.trim() === '' || !Number.isFinite(number)) throw new Unfit(`takes numbers, not ${value}`);
  return number;
}

function within(value: number, min: string | null, max: string | null): void {
  if ((min && value < Number(min)) || (max && value > Number(max))) {
    throw new Unfit(`takes ${min || 'any'} to ${max || 'any'}, not ${value}`);
  }
}

// By their names: what lies in a frame is of that frame's classes.
function isRange(element: HTMLElement): element is HTMLInputElement {
  return element.localName === 'input' && (element as HTMLInputElement).type === 'range';
}

function isSelect(element: HTMLElement): element is HTMLSelectElement {
  return element.localName === 'select';
}

function positionOf(element: HTMLElement): string {
  return isRange(element) ? element.value : (element.getAttribute('aria-valuenow') ?? '');
}

async function writeSlider(element: HTMLElement, value: string, until: Until): Promise<void> {
  const wanted = numberIn(value);
  if (isRange(element)) {
    within(wanted, element.min || '0', element.max || '100');
    fill(element, value);
    // It rests on the step nearest to the value.
    const step = Number(element.step) || 1;
    const near = () => Math.abs(Number(element.value) - wanted) <= step / 2 + 1e-9;
    if (!(await until(near, SHOWN_MS))) throw new Unfit(`stays at ${element.value}`);
    return;
  }
  within(wanted, element.getAttribute('aria-valuemin'), element.getAttribute('aria-valuemax'));
  await stepTo(element, wanted, until);
}

/** Moves a slider by its keys to the step nearest to the value. */
async function stepTo(element: HTMLElement, wanted: number, until: Until): Promise<void> {
  const now = () => Number(positionOf(element));
  element.focus({ preventScroll: true });
  for (let steps = 0; steps < MAX_STEPS; steps++) {
    const before = now();
    if (before === wanted) return;
    const key = before < wanted ? 'ArrowRight' : 'ArrowLeft';
    pressKey(element, key);
    if (!(await until(() => now() !== before, SHOWN_MS))) break;
    const passed = before < wanted !== now() < wanted;
    if (!passed || now() === wanted) continue;
    if (Math.abs(before - wanted) < Math.abs(now() - wanted)) {
      pressKey(element, key === 'ArrowRight' ? 'ArrowLeft' : 'ArrowRight');
      await until(() => now() === before, SHOWN_MS);
    }
    return;
  }
  throw new Unfit(`stays at ${positionOf(element)}`);
}

async function writeText(element: HTMLElement, value: string, until: Until): Promise<void> {
  fill(element, value);
  if (!(await until(() => holds(element, value), SHOWN_MS))) throw new Unfit('did not take the text');
}

/** Words that mean off; whatever else is asked of a switch means on. */
const OFF = new Set(['off', 'false', 'none', 'minimal', 'no', '0']);

const STATES = ['aria-checked', 'aria-pressed', 'aria-selected', 'data-state'];

/** Whether a switch says that it is on. */
export function isOn(element: HTMLElement): boolean {
  if (element.localName === 'input') return (element as HTMLInputElement).checked;
  const state = STATES.map((name) => element.getAttribute(name)).find((one) => one !== null);
  return state === 'true' || state === 'on' || state === 'checked' || state === 'active';
}

/** Whether a switch says at all whether it is on. */
export function tellsState(element: HTMLElement): boolean {
  return element.localName === 'input' || STATES.some((name) => element.hasAttribute(name));
}

async function writeToggle(element: HTMLElement, value: string, until: Until): Promise<void> {
  const wanted = !OFF.has(value.toLowerCase());
  if (isOn(element) === wanted) return;
  pressOn(element);
  if (!(await until(() => isOn(element) === wanted, SHOWN_MS))) {
    throw new Unfit(`stays ${wanted ? 'off' : 'on'}`);
  }
}

function chosenOf(element: HTMLElement): string {
  if (!isSelect(element)) return labelShown(element);
  return element.selectedOptions[0]?.value ?? '';
}

/** What a list's button shows: its text, since its label often names the setting, not the choice. */
function labelShown(element: HTMLElement): string {
  const shown = (element.innerText ?? element.textContent ?? '').trim();
  return shown.split('\n')[0]?.trim() || labelOf(element);
}

const OPTIONS = '[role=option],[role=menuitemradio],[role=menuitem],[role=radio]';

async function writeSelect(element: HTMLElement, value: string, until: Until): Promise<void> {
  if (isSelect(element)) return writeNative(element, value, until);
  if (plain(labelShown(element)) === plain(value)) return;
  pressOn(element);
  const options = () => [...document.querySelectorAll(OPTIONS)].filter(isVisible);
  const fits = (option: Element) =>
    shows(option, value) || option.getAttribute('data-value') === value;
  const option = await until(() => options().find(fits) ?? null, SHOWN_MS);
  if (!option) {
    const names = options().map(labelOf).slice(0, 20).join(', ');
    const open = options()[0];
    if (open) pressKey(open, 'Escape');
    throw new Unfit(`takes ${names || 'nothing'}, not ${value}`);
  }
  // Read now: once chosen the option may be gone.
  const label = plain(labelOf(option));
  const chosen = () =>
    plain(element.textContent ?? '').includes(label) ||
    option.getAttribute('aria-selected') === 'true' ||
    option.getAttribute('aria-checked') === 'true';
  pressOn(option);
  if (!(await until(chosen, SHOWN_MS))) throw new Unfit(`does not show ${value}`);
}

async function writeNative(select: HTMLSelectElement, value: string, until: Until): Promise<void> {
  const options = [...select.options];
  const option =
    options.find((one) => one.value === value) ??
    options.find((one) => plain(one.label) === plain(value));
  if (!option) {
    throw new Unfit(`takes ${options.map(({ label }) => label).join(', ')}, not ${value}`);
  }
  const own = Object.getOwnPropertyDescriptor(HTMLSelectElement.prototype, 'value');
  own?.set?.call(select, option.value);
  for (const type of ['input', 'change']) select.dispatchEvent(new Event(type, { bubbles: true }));
  if (!(await until(() => select.value === option.value, SHOWN_MS))) {
    throw new Unfit(`does not show ${value}`);
  }
}
