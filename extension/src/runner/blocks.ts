// The blocks of an answer as HTML: what stands in lines of its own at the top of it. Wrappers are seen
// through, so that a page may put its text as deep as it likes.

import { isElement, rootsOf } from './roots';

/** What makes an element one of a text's own blocks, and what may be a mere wrapper of them. */
const TEXT_BLOCKS = /^(P|UL|OL|DL|PRE|H[1-6]|TABLE|BLOCKQUOTE|HR|DETAILS|FIGURE)$/;
const WRAPPERS = /^(DIV|SECTION|ARTICLE|MAIN|HEADER|FOOTER)$/;
const CODE = 'pre,.cm-content';
/** Wrappers in wrappers beyond this are one block. */
const MAX_DEPTH = 40;

/** How an adapter says that answers are cut; CSS selectors, '' for none. */
export interface Cut {
  /** What is no part of the text. */
  strip: string;
  /** What names the language above a block of code. */
  label: string;
}

/** Neighbours that stand in lines together, or one element. */
export type Block = Node[];

/** Cuts what is in `body`, but for what is in `without`. */
export function blocksOf(body: Element, cut: Cut, without: ReadonlySet<Element>): Block[] {
  const blocks: Block[] = [];
  collect(body, cut, without, blocks, 0);
  return blocks;
}

function collect(
  parent: Element,
  cut: Cut,
  without: ReadonlySet<Element>,
  blocks: Block[],
  depth: number,
): void {
  let line: Node[] = [];
  const endLine = () => {
    if (line.some((node) => node.textContent?.trim() || hasPicture(node))) blocks.push(line);
    line = [];
  };
  for (const node of childrenOf(parent)) {
    if (node.nodeType === Node.COMMENT_NODE || isLeftOut(node, cut, without)) continue;
    if (!isElement(node) || !isBlock(node)) {
      line.push(node);
      continue;
    }
    endLine();
    if (depth < MAX_DEPTH && isWrapper(node)) collect(node, cut, without, blocks, depth + 1);
    else blocks.push([node]);
  }
  endLine();
}

function hasPicture(node: Node): boolean {
  return isElement(node) && (node.tagName === 'IMG' || node.querySelector('img') !== null);
}

function isLeftOut(node: Node, cut: Cut, without: ReadonlySet<Element>): boolean {
  if (!isElement(node)) return false;
  return without.has(node) || (cut.strip !== '' && node.matches(cut.strip));
}

/** Components count as blocks where they hold some. */
function isBlock(element: Element): boolean {
  if (TEXT_BLOCKS.test(element.tagName) || WRAPPERS.test(element.tagName)) return true;
  return element.tagName.includes('-') && childrenOf(element).some((child) => isElementBlock(child));
}

function isElementBlock(node: Node): boolean {
  return isElement(node) && isBlock(node);
}

/**
 * Whether an element only holds the blocks of the text. One with a single block of code is that
 * block with its frame: what names its language is in there, too.
 */
function isWrapper(element: Element): boolean {
  if (TEXT_BLOCKS.test(element.tagName) || element.matches(CODE)) return false;
  const children = childrenOf(element).filter(
    (node) => isElement(node) || node.textContent?.trim(),
  );
  const code = children.filter((node) => isElement(node) && holdsCode(node));
  const text = children.filter(
    (node) => isElement(node) && TEXT_BLOCKS.test(node.tagName) && !node.matches(CODE),
  );
  return !(code.length === 1 && text.length === 0 && children.length > 1);
}

function holdsCode(element: Element): boolean {
  return element.matches(CODE) || element.querySelector(CODE) !== null;
}

/** The children as they are shown: those of an open shadow root, those put into a slot. */
function childrenOf(node: Node): Node[] {
  if (isElement(node) && node.tagName === 'SLOT') {
    const put = (node as HTMLSlotElement).assignedNodes();
    if (put.length > 0) return put;
  }
  const shadow = isElement(node) ? node.shadowRoot : null;
  return [...(shadow ?? node).childNodes];
}

/** The HTML of a block, without what is no part of the text. */
export function htmlOf(block: Block, cut: Cut, without: ReadonlySet<Element>): string {
  return block.map((node) => htmlOfNode(node, cut, without)).join('');
}

function htmlOfNode(node: Node, cut: Cut, without: ReadonlySet<Element>): string {
  if (!isElement(node)) return escaped(node.textContent ?? '');
  const asItIs =
    rootsOf(node.ownerDocument).size === 1 &&
    without.size === 0 &&
    !(cut.strip && node.querySelector(cut.strip)) &&
    !(cut.label && node.querySelector(cut.label));
  if (asItIs) return node.outerHTML;
  const copy = copyOf(node, cut, without);
  if (cut.label) moveLabels(copy, cut.label);
  return copy.outerHTML;
}

function escaped(text: string): string {
  return text.replace(/[&<>]/g, (c) => (c === '&' ? '&amp;' : c === '<' ? '&lt;' : '&gt;'));
}

/** A copy with what shadow roots show in its place. */
function copyOf(element: Element, cut: Cut, without: ReadonlySet<Element>): Element {
  const copy = element.cloneNode(false) as Element;
  const open: [Node, Node][] = [[element, copy]];
  for (let next = open.pop(); next; next = open.pop()) {
    const [from, to] = next;
    for (const child of childrenOf(from)) {
      if (isLeftOut(child, cut, without)) continue;
      const made = child.cloneNode(false);
      to.appendChild(made);
      open.push([child, made]);
    }
  }
  return copy;
}

/** Puts the language that a label names where the decoder looks for it, and takes the label away. */
function moveLabels(copy: Element, selector: string): void {
  for (const label of copy.querySelectorAll(selector)) {
    const name = label.textContent?.trim().toLowerCase() ?? '';
    let around: Element | null = label.closest(CODE) ?? label.parentElement;
    while (around && !around.matches(CODE) && !around.querySelector(CODE)) {
      around = around.parentElement;
    }
    const code = around?.matches(CODE) ? around : around?.querySelector(CODE);
    if (name && !/\s/.test(name)) code?.setAttribute('data-language', name);
    label.remove();
  }
}
