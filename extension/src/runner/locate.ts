// Elements by an adapter's locators: an ordered list, the first that resolves is taken.

import type { Adapter, Locator, Role, Target } from '../generated/protocol';

/** As it travels: empty lists are left out. */
export type Wanted = Partial<Locator>;

const NATIVE_ROLES: Record<string, string> = {
  alert: '',
  article: 'article',
  button: 'button,summary,input[type=button],input[type=submit],input[type=reset]',
  checkbox: 'input[type=checkbox]',
  combobox: 'select',
  dialog: 'dialog',
  form: 'form',
  heading: 'h1,h2,h3,h4,h5,h6',
  img: 'img',
  link: 'a[href]',
  list: 'ul,ol',
  listitem: 'li',
  main: 'main',
  navigation: 'nav',
  option: 'option',
  progressbar: 'progress',
  status: 'output',
  textbox:
    'textarea,input:not([type]),input[type=text],input[type=search],input[type=email],[contenteditable=""],[contenteditable=true],[contenteditable=plaintext-only]',
};
const TEXT_BEARERS =
  'button,a,summary,label,h1,h2,h3,h4,h5,h6,[role=button],[role=link],[role=heading],[role=menuitem],[role=tab]';

/** The element for a role of the adapter, or null. */
export function byRole(adapter: Adapter, role: Role): Element | null {
  return first(adapter.locators[role] ?? []);
}

/** The element for a probe's target, or null. */
export function byTarget(adapter: Adapter, target: Target): Element | null {
  return typeof target === 'string' ? byRole(adapter, target) : first([target]);
}

/** The first element that any locator of the list resolves to. */
export function first(locators: Wanted[]): Element | null {
  for (const locator of locators) {
    const found = all(locator);
    const element = locator.last ? found.at(-1) : found[0];
    if (element) return element;
  }
  return null;
}

/** Every element of the first locator that resolves. */
export function every(locators: Wanted[]): Element[] {
  for (const locator of locators) {
    const found = all(locator);
    if (found.length > 0) return found;
  }
  return [];
}

/** Every element that one locator means, in document order; open shadow roots after the document. */
export function all(locator: Wanted, root: ParentNode = document): Element[] {
  const selector = selectorOf(locator);
  if (!selector) return [];
  const found = query(root, selector);
  if (found.length === 0) {
    for (const shadow of openRoots()) found.push(...query(shadow, selector));
  }
  return found.filter((element) => fits(element, locator));
}

function selectorOf(locator: Wanted): string {
  if (locator.css) return locator.css;
  if (locator.test_id) return `[data-testid=${JSON.stringify(locator.test_id)}]`;
  if (locator.role) {
    const explicit = `[role=${JSON.stringify(locator.role)}]`;
    const native = NATIVE_ROLES[locator.role];
    return native ? `${explicit},${native}` : explicit;
  }
  if (locator.text?.length) return TEXT_BEARERS;
  if (locator.placeholder?.length) return '[placeholder],[data-placeholder],[aria-placeholder]';
  if (locator.label?.length) return '[aria-label]';
  return '';
}

function query(root: ParentNode, selector: string): Element[] {
  try {
    return [...root.querySelectorAll(selector)];
  } catch {
    // A selector that this browser does not know finds nothing.
    return [];
  }
}

function fits(element: Element, locator: Wanted): boolean {
  if (locator.name?.length && !isOneOf(nameOf(element), locator.name)) return false;
  if (locator.text?.length && !isOneOf(element.textContent ?? '', locator.text)) return false;
  if (locator.label?.length && !isOneOf(element.getAttribute('aria-label') ?? '', locator.label)) {
    return false;
  }
  if (locator.placeholder?.length) {
    const shown = ['placeholder', 'data-placeholder', 'aria-placeholder'];
    const wanted = locator.placeholder;
    if (!shown.some((name) => isOneOf(element.getAttribute(name) ?? '', wanted))) return false;
  }
  if (locator.visible !== undefined && isVisible(element) !== locator.visible) return false;
  return locator.enabled === undefined || isEnabled(element) === locator.enabled;
}

function isOneOf(text: string, wanted: string[]): boolean {
  const plain = normal(text);
  return wanted.some((one) => normal(one) === plain);
}

function normal(text: string): string {
  return text.replace(/\s+/g, ' ').trim().toLowerCase();
}

/** The accessible name, as far as chat pages need it. */
function nameOf(element: Element): string {
  const labelled = element.getAttribute('aria-labelledby');
  if (labelled) {
    const words = labelled.split(/\s+/).map((id) => document.getElementById(id)?.textContent ?? '');
    return words.join(' ');
  }
  const labels = (element as HTMLInputElement).labels;
  return (
    element.getAttribute('aria-label') ||
    (labels?.length ? (labels[0]?.textContent ?? '') : '') ||
    element.textContent?.trim() ||
    element.getAttribute('title') ||
    element.getAttribute('alt') ||
    element.getAttribute('placeholder') ||
    (element as HTMLInputElement).value ||
    ''
  );
}

/** Whether a person could see it, were the tab in front. */
export function isVisible(element: Element): boolean {
  if (!element.isConnected) return false;
  if (!element.checkVisibility({ visibilityProperty: true })) return false;
  const box = element.getBoundingClientRect();
  return box.width > 0 && box.height > 0;
}

export function isEnabled(element: Element): boolean {
  return !element.matches(':disabled') && element.getAttribute('aria-disabled') !== 'true';
}

let roots: ShadowRoot[] = [];
let rootsSeenAt = -Infinity;

/** Open shadow roots of the page; a page is walked at most once a second. */
function openRoots(): ShadowRoot[] {
  const now = performance.now();
  if (now - rootsSeenAt > 1_000) {
    rootsSeenAt = now;
    roots = [];
    collectRoots(document);
  }
  return roots;
}

function collectRoots(root: ParentNode): void {
  for (const element of root.querySelectorAll('*')) {
    if (element.shadowRoot) {
      roots.push(element.shadowRoot);
      collectRoots(element.shadowRoot);
    }
  }
}
