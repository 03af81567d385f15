// Text into a composer, so that the page's own state changes with it, and out again.

import type { ComposerKind } from '../generated/protocol';

type Field = HTMLTextAreaElement | HTMLInputElement;

/** One way to put text into a composer. It replaces what is there. */
type Method = (element: HTMLElement, text: string) => void;

const METHODS: Record<ComposerKind, Method[]> = {
  textarea: [setValue, insertText],
  contenteditable: [insertText, announceInput],
  prosemirror: [insertText, announceInput],
  lexical: [insertText, announceInput],
  quill: [insertText, announceInput],
};

/** The ways for this kind of composer, best first. */
export function methodsFor(kind: ComposerKind): readonly Method[] {
  return METHODS[kind];
}

/** What the composer holds. */
export function textOf(element: Element): string {
  if (isField(element)) return element.value;
  return (element as HTMLElement).innerText ?? element.textContent ?? '';
}

/** Whether the composer holds exactly this, but for the white space that editors rearrange. */
export function holds(element: Element, text: string): boolean {
  return squeezed(textOf(element)) === squeezed(text);
}

export function isEmpty(element: Element): boolean {
  return squeezed(textOf(element)) === '';
}

/** Takes everything out of the composer. */
export function clear(element: HTMLElement): void {
  if (isField(element)) return setValue(element, '');
  selectAll(element);
  document.execCommand('delete');
}

/** White space and characters without width differ between what was put in and what is read out. */
function squeezed(text: string): string {
  return text.replace(/[\s\u200B-\u200D\u2060\uFEFF]+/g, '');
}

function isField(element: Element): element is Field {
  return element instanceof HTMLTextAreaElement || element instanceof HTMLInputElement;
}

/**
 * The prototype's own setter: frameworks shadow `value` on the element in order to see changes of
 * theirs, and take a change that they have not made themselves as the user's when the event comes.
 */
function setValue(element: HTMLElement, text: string): void {
  if (!isField(element)) return insertText(element, text);
  const prototype =
    element instanceof HTMLTextAreaElement
      ? HTMLTextAreaElement.prototype
      : HTMLInputElement.prototype;
  element.focus({ preventScroll: true });
  Object.getOwnPropertyDescriptor(prototype, 'value')?.set?.call(element, text);
  element.dispatchEvent(inputEvent('input', text));
  element.dispatchEvent(new Event('change', { bubbles: true }));
}

/** The editing command, as if typed: rich editors keep their own state and ignore foreign markup. */
function insertText(element: HTMLElement, text: string): void {
  selectAll(element);
  document.execCommand('insertText', false, text);
}

/** For editors that do their own editing when told what is about to be typed. */
function announceInput(element: HTMLElement, text: string): void {
  selectAll(element);
  element.dispatchEvent(inputEvent('beforeinput', text));
}

function inputEvent(type: string, data: string): InputEvent {
  return new InputEvent(type, {
    bubbles: true,
    cancelable: type === 'beforeinput',
    composed: true,
    inputType: 'insertText',
    data,
  });
}

function selectAll(element: HTMLElement): void {
  element.focus({ preventScroll: true });
  if (isField(element)) return element.select();
  const range = document.createRange();
  range.selectNodeContents(element);
  const selection = getSelection();
  selection?.removeAllRanges();
  selection?.addRange(range);
}
