// Ways to put text into a composer, so that the page's own state changes with it, and out again.
//
// Every way begins at an empty composer. It is a list of steps, and the page has its turn between
// them. An editing command goes to whatever has the focus: that is looked at before each one.

import type { ComposerKind } from '../generated/protocol';
import { isElement, ownerOf } from './roots';
import { isField } from './text';

/** One step on a composer. */
export type Step = (element: HTMLElement) => void;
/** The steps that type a text. */
export type Way = (text: string) => Step[];

/** The composer is not, or no longer, what may be typed into. */
export class Astray extends Error {}

/**
 * The ways for each kind, best first. Measured with the real editors: Firefox writes the line ends of
 * an inserted text as breaks, which ProseMirror reads as spaces; Lexical undoes what it was not told
 * of beforehand.
 */
const WAYS: Record<ComposerKind, Way[]> = {
  textarea: [value, whole],
  contenteditable: [byBreaks, whole, byParagraphs],
  prosemirror: __FIREFOX__
    ? [byParagraphs, whole, withGuard(byParagraphs), byBreaks]
    : [whole, byParagraphs, withGuard(whole), byBreaks],
  lexical: [announced, announcedWhole],
  quill: [whole, byBreaks],
};

export function waysFor(kind: ComposerKind): readonly Way[] {
  return WAYS[kind];
}

/** The steps that take everything out of a composer. */
export function clearing(kind: ComposerKind): Step[] {
  if (kind === 'textarea') return [(element) => setValue(element, '')];
  if (kind === 'lexical') {
    return [
      selectAll,
      (element) => announce(element, 'deleteContentBackward', null),
      // One that does not listen is edited as any other.
      (element) => element.textContent && edit(element, 'delete'),
    ];
  }
  return [
    (element) => {
      selectAll(element);
      edit(element, 'delete');
    },
  ];
}

/** Kinds of `input` that are not for text that others may read. */
const TEXT_INPUTS = new Set(['text', 'search', 'textarea']);
const SECRETS = /password|one-time-code|cc-|card|otp/i;

/** Whether this is a place for a prompt: never a password, a code or a card. */
export function takesPrompts(element: Element): boolean {
  if (!element.isConnected) return false;
  if (!isField(element)) return (element as HTMLElement).isContentEditable !== false;
  if (!TEXT_INPUTS.has(element.type) || element.readOnly || element.disabled) return false;
  return !isSecret(element);
}

function isSecret(element: HTMLInputElement | HTMLTextAreaElement): boolean {
  return [element.type, element.autocomplete, element.name].some((word) => SECRETS.test(word));
}

/**
 * The prototype's own setter: frameworks shadow `value` on the element in order to see changes of
 * theirs, and take a change that they have not made themselves as the user's when the event comes.
 */
function setValue(element: HTMLElement, text: string): void {
  if (!isField(element) || isSecret(element)) throw new Astray();
  const prototype =
    element.localName === 'textarea' ? HTMLTextAreaElement.prototype : HTMLInputElement.prototype;
  element.focus({ preventScroll: true });
  // What the page does on focus may have changed it.
  if (isSecret(element)) throw new Astray();
  Object.getOwnPropertyDescriptor(prototype, 'value')?.set?.call(element, text);
  element.dispatchEvent(inputEvent('input', 'insertText', text));
  element.dispatchEvent(new Event('change', { bubbles: true }));
}

function value(text: string): Step[] {
  return [(element) => setValue(element, text)];
}

/** The text at once, as if typed: rich editors keep their own state and ignore foreign markup. */
function whole(text: string): Step[] {
  return [
    (element) => {
      selectAll(element);
      edit(element, 'insertText', text);
    },
  ];
}

function byParagraphs(text: string): Step[] {
  return [(element) => lineByLine(element, text, 'insertParagraph')];
}

function byBreaks(text: string): Step[] {
  return [(element) => lineByLine(element, text, 'insertLineBreak')];
}

function lineByLine(element: HTMLElement, text: string, lineEnd: string): void {
  selectAll(element);
  text.split('\n').forEach((line, index) => {
    if (index > 0) edit(element, lineEnd);
    if (line) edit(element, 'insertText', line);
  });
}

/**
 * Editors with shorthands turn `**this**` into bold as soon as its end is typed. With a letter after
 * it nothing ends, and taking the letter out again is not typing.
 */
function withGuard(way: Way): Way {
  return (text) => [...way(`${text}x`), (element) => edit(element, 'delete')];
}

/** For editors that do their own editing when told what is about to be typed. */
function announced(text: string): Step[] {
  return [
    selectAll,
    (element) =>
      text.split('\n').forEach((line, index) => {
        if (index > 0) announce(element, 'insertLineBreak', null);
        if (line) announce(element, 'insertText', line);
      }),
  ];
}

function announcedWhole(text: string): Step[] {
  return [selectAll, (element) => announce(element, 'insertText', text)];
}

function edit(element: HTMLElement, command: string, text = ''): void {
  if (!hasFocus(element)) throw new Astray();
  element.ownerDocument.execCommand(command, false, text);
}

function announce(element: HTMLElement, inputType: string, data: string | null): void {
  if (!hasFocus(element)) throw new Astray();
  element.dispatchEvent(inputEvent('beforeinput', inputType, data));
}

function inputEvent(type: string, inputType: string, data: string | null): InputEvent {
  const cancelable = type === 'beforeinput';
  return new InputEvent(type, { bubbles: true, cancelable, composed: true, inputType, data });
}

/** Whether an editing command would go into this element, and it is a place for one. */
function hasFocus(element: HTMLElement): boolean {
  if (!takesPrompts(element)) return false;
  const root = element.getRootNode() as Document | ShadowRoot;
  const active = root.activeElement;
  if (!active || !element.contains(active)) return false;
  if (active !== element && !takesPrompts(active)) return false;
  // The focus may be there and the caret elsewhere.
  const caret = isField(element) ? null : element.ownerDocument.getSelection()?.anchorNode;
  return !caret || caret.getRootNode() !== root || element.contains(caret);
}

function selectAll(element: HTMLElement): void {
  if (!takesPrompts(element)) throw new Astray();
  element.focus({ preventScroll: true });
  if (isField(element)) return element.select();
  const inner = editableIn(element);
  const range = element.ownerDocument.createRange();
  range.selectNodeContents(inner);
  const selection = element.ownerDocument.getSelection();
  selection?.removeAllRanges();
  selection?.addRange(range);
}

/** The editable element, where the adapter names what is around it. */
function editableIn(element: HTMLElement): Element {
  const active = (element.getRootNode() as Document | ShadowRoot).activeElement;
  return isElement(active) && element.contains(active) ? active : element;
}

/** Sets the attribute of an element around the composer that repeats its text. */
export function mirror(element: Element, attribute: string, text: string): void {
  let around: Element | null = element;
  while (around) {
    const found: Element | null = around.closest(`[${CSS.escape(attribute)}]`);
    if (found) return found.setAttribute(attribute, text);
    around = ownerOf(around.getRootNode());
  }
}
