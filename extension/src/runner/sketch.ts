// The page as boxes: where things are, without a letter or picture of it.

import { isVisible } from './locate';

/** An element that a role found. */
export interface Mark {
  name: string;
  element: Element;
}

const MAX_BOXES = 400;
const MAX_BYTES = 128 * 1024;
/** What is smaller is not worth a box. */
const LEAST_PX = 4;
const COLOURS = ['#d6336c', '#1971c2', '#2f9e44', '#e8590c', '#7048e8', '#0c8599', '#a61e4d'];
const CONTROLS =
  'button,input,textarea,select,a[href],[contenteditable],[role=button],[role=textbox]';
const PICTURES = 'img,svg,canvas,video,iframe';

interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** The part of the page that is in view as an SVG, with the found elements outlined and named. */
export function sketch(marks: Mark[]): string {
  const boxes = document.body ? [...boxesOf(document.body)] : [];
  const outlines = marks.flatMap(({ name, element }, at) => outline(name, boxOf(element), at));
  const head =
    `<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 ${innerWidth} ${innerHeight}' ` +
    `font-family='system-ui,sans-serif' font-size='13'><rect width='100%' height='100%' fill='#fff'/>`;
  const svg = [head, ...boxes, ...outlines, '</svg>'].join('');
  // Every box is short, so this is a page of very many roles; they are listed beside it anyway.
  return svg.length <= MAX_BYTES ? svg : `${head}</svg>`;
}

/** Visible boxes in document order, shadow roots with them; those that add nothing are left out. */
function* boxesOf(root: Element): Generator<string> {
  const waiting: [Element, Box | null][] = [[root, null]];
  let left = MAX_BOXES;
  while (left > 0) {
    const next = waiting.pop();
    if (!next) return;
    const [element, outer] = next;
    if (element.localName === 'tabway-mark' || !isShown(element)) continue;
    const box = boxOf(element);
    const worth = inView(box) && !(outer && isSame(box, outer));
    if (worth) {
      left -= 1;
      yield rect(box, lookOf(element));
    }
    if (element.matches(PICTURES)) continue;
    const inner = [...(element.shadowRoot?.children ?? []), ...element.children];
    for (const child of inner.reverse()) waiting.push([child, worth ? box : outer]);
  }
}

/** Elements without a box of their own may still have children that have one. */
function isShown(element: Element): boolean {
  return isVisible(element) || getComputedStyle(element).display === 'contents';
}

/** Where an element is in the tab, also from within frames. */
function boxOf(element: Element): Box {
  const { x, y, width, height } = element.getBoundingClientRect();
  const frame = element.ownerDocument.defaultView?.frameElement;
  const outer = frame ? boxOf(frame) : { x: 0, y: 0 };
  return {
    x: Math.round(x) + outer.x,
    y: Math.round(y) + outer.y,
    width: Math.round(width),
    height: Math.round(height),
  };
}

function inView({ x, y, width, height }: Box): boolean {
  const large = width >= LEAST_PX && height >= LEAST_PX;
  return large && x < innerWidth && y < innerHeight && x + width > 0 && y + height > 0;
}

function isSame(a: Box, b: Box): boolean {
  return a.x === b.x && a.y === b.y && a.width === b.width && a.height === b.height;
}

function lookOf(element: Element): string {
  if (element.matches(CONTROLS)) return "fill='#e7f0fb' stroke='#74a0d8'";
  if (element.matches(PICTURES)) return "fill='#eee' stroke='#bbb' stroke-dasharray='3'";
  const hasText = [...element.childNodes].some(
    (node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim(),
  );
  return hasText ? "fill='#ececec' stroke='none'" : "fill='none' stroke='#ddd'";
}

function outline(name: string, box: Box, at: number): string[] {
  const colour = COLOURS[at % COLOURS.length] ?? 'red';
  const label = Math.max(12, box.y - 4);
  return [
    rect(box, `fill='none' stroke='${colour}' stroke-width='3'`),
    `<text x='${Math.max(2, box.x)}' y='${label}' fill='${colour}'>${name}</text>`,
  ];
}

function rect({ x, y, width, height }: Box, look: string): string {
  return `<rect x='${x}' y='${y}' width='${width}' height='${height}' ${look}/>`;
}
