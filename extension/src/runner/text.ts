// The text that a composer holds, line by line, as its editor means it.
//
// A field's text is its value. A rich editor's is read off its elements: blocks and breaks are line
// ends, and what only helps to show or to edit is left out. `innerText` does not do: it counts the
// margins of paragraphs as empty lines.

import { isElement } from './roots';

const BLOCK = /^(P|DIV|LI|UL|OL|PRE|BLOCKQUOTE|H[1-6]|SECTION|ARTICLE)$/;
/** Without width, and put in by editors for the caret. */
const NO_WIDTH = /[\u200B\u2060\uFEFF]/g;
const MAX_DEPTH = 100;

/** A textarea or an input; `instanceof` does not tell for elements of a frame. */
export function isField(element: Element): element is HTMLTextAreaElement | HTMLInputElement {
  return element.localName === 'textarea' || element.localName === 'input';
}

/** What the composer holds. */
export function textOf(element: Element): string {
  if (isField(element)) return element.value;
  const lines = new Lines();
  const view = element.ownerDocument.defaultView ?? window;
  const style = view.getComputedStyle(element).whiteSpace;
  read(element, lines, /^(pre|break-spaces)/.test(style), 0);
  return lines.text;
}

/** Whether the composer holds this text, space by space and line by line. */
export function holds(element: Element, text: string): boolean {
  return same(textOf(element), text);
}

/** Whether the composer holds this text, but for how wide its spaces are. */
export function nearlyHolds(element: Element, text: string): boolean {
  return same(narrow(textOf(element)), narrow(text));
}

/** Whether nothing but white space is in it. */
export function isEmpty(element: Element): boolean {
  return textOf(element).replace(NO_WIDTH, '').trim() === '';
}

/** Editors keep a line end of their own at the end, and write some spaces as ones that do not break. */
function same(held: string, wanted: string): boolean {
  return plain(held) === plain(wanted);
}

function plain(text: string): string {
  return text.replace(/\r\n?/g, '\n').replace(NO_WIDTH, '').replace(/\u00A0/g, ' ').replace(/\n+$/, '');
}

function narrow(text: string): string {
  return text.replace(/[^\S\n]+/g, ' ').replace(/ ?\n ?/g, '\n').trim();
}

/** Lines as they are read: a line end is only written once something follows it. */
class Lines {
  text = '';
  private ended = false;
  private begun = false;

  add(text: string): void {
    if (text === '') return;
    this.open();
    this.text += text;
  }

  /** A break: the next line begins, if there is one. */
  break(): void {
    this.open();
    this.ended = true;
  }

  /** A block begins or ends: what is on the line so far stands alone. */
  edge(): void {
    if (this.begun) this.ended = true;
  }

  private open(): void {
    if (this.ended) this.text += '\n';
    this.ended = false;
    this.begun = true;
  }
}

function read(node: Node, lines: Lines, keepsLines: boolean, depth: number): void {
  for (const child of node.childNodes) {
    if (child.nodeType === Node.TEXT_NODE) readText(child.textContent ?? '', lines, keepsLines);
    if (!isElement(child) || depth > MAX_DEPTH || isApart(child)) continue;
    if (child.tagName === 'BR') {
      lines.break();
      continue;
    }
    const block = BLOCK.test(child.tagName);
    if (block) lines.edge();
    read(child, lines, keepsLines || child.tagName === 'PRE', depth + 1);
    if (block) lines.edge();
  }
}

function readText(text: string, lines: Lines, keepsLines: boolean): void {
  if (!keepsLines) return lines.add(text.replace(/\n/g, ' '));
  text.split('\n').forEach((line, index) => {
    if (index > 0) lines.break();
    lines.add(line);
  });
}

/** What is shown in the composer without being text of it: placeholders, widgets, marks. */
function isApart(element: Element): boolean {
  return (
    element.getAttribute('contenteditable') === 'false' ||
    element.getAttribute('aria-hidden') === 'true'
  );
}
