// What of an element is likely to be the same tomorrow: attributes and classes that a person wrote,
// not those that a build or a framework made.

/** Attributes that say what an element is, the best first. */
const TELLING = ['data-testid', 'data-test-id', 'data-test', 'data-qa', 'data-cy'];
/** Attributes that name a field or a button, in no language. */
const NAMING = ['name', 'type', 'role', 'aria-controls', 'contenteditable'];
/** Attributes of frameworks, and those that change with what happens. */
const PASSING =
  /^(data-(state|reactid|v-|svelte|radix|headlessui|index|key|id$|message-id|time|date|highlighted|focus|hover|orientation|value|lexical-text)|aria-|data-s-)/;
/** Words of classes that say what an element is doing, not what it is. */
const STATES =
  /^(active|disabled|hover|focus(ed)?|open|closed|selected|loading|streaming|pending|generating|visible|hidden|show|hide|last|first|odd|even|dark|light|is-|has-)/;

/** Whether a word was written by a person: no hash, no number, nothing that only one element has. */
export function isStable(word: string): boolean {
  if (word.length < 2 || word.length > 60) return false;
  if (/\d{2,}|^\d|[^\w:./ -]/.test(word) || /[a-f\d]{8}-[a-f\d]{4}/i.test(word)) return false;
  return !word.split(/[-_:./ ]+/).some(looksMade);
}

/** `css-1x2y3z`, `sc_kTvQ`, `r4`: letters as a machine puts them. */
function looksMade(part: string): boolean {
  if (part.length < 4) return /\d/.test(part) && part.length > 1;
  if (/\d/.test(part)) return /\d.*[a-z]|[a-z].*\d.*[a-z]/i.test(part);
  const inner = part.slice(1);
  // Capitals in the middle are fine in camelCase, but not one after each second letter.
  const capitals = inner.replace(/[^A-Z]/g, '').length;
  if (/[a-z]/.test(part) && capitals >= 2 && capitals / inner.length > 0.3) return true;
  return part.length >= 5 && !/[aeiouy]/i.test(part);
}

/** The element's own id, where a person gave it. */
export function idOf(element: Element): string {
  return element.id && isStable(element.id) ? `#${CSS.escape(element.id)}` : '';
}

/** Selectors for one element by what it says of itself, the best first; none of them has an index. */
export function selectorsOf(element: Element): string[] {
  const tag = element.localName;
  const found: string[] = [];
  const id = idOf(element);
  if (id) found.push(id);
  for (const name of TELLING) {
    const value = element.getAttribute(name);
    if (value && isStable(value)) found.push(`[${name}=${JSON.stringify(value)}]`);
  }
  for (const { name, value } of element.attributes) {
    if (!name.startsWith('data-') || TELLING.includes(name) || PASSING.test(name)) continue;
    if (value && isStable(value)) found.push(`[${name}=${JSON.stringify(value)}]`);
    else if (value === '' || value === 'true') found.push(`[${CSS.escape(name)}]`);
  }
  for (const name of NAMING) {
    const value = element.getAttribute(name);
    if (value && isStable(value)) found.push(`${tag}[${name}=${JSON.stringify(value)}]`);
  }
  const classes = [...element.classList].filter((one) => isStable(one) && !STATES.test(one));
  for (const one of classes) found.push(`${tag}.${CSS.escape(one)}`);
  // A name of the element's own is as good as an id.
  if (tag.includes('-')) found.push(tag);
  return found;
}

/** The element around this one, out of shadow roots, too. */
export function parentOf(element: Element): Element | null {
  if (element.parentElement) return element.parentElement;
  const root = element.getRootNode();
  return root instanceof ShadowRoot ? root.host : null;
}
