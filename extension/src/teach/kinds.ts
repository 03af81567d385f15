// What kind of field a composer is, by what its editor writes on it.

import type { ComposerKind } from '../generated/protocol';
import { parentOf } from './features';

const FIELDS = 'textarea,input:not([type]),input[type=text],input[type=search]';
const EDITABLE = '[contenteditable=""],[contenteditable=true],[contenteditable=plaintext-only]';

/** The field that a click was on or in: what a person can type in. */
export function fieldAt(path: EventTarget[]): HTMLElement | null {
  let editable: HTMLElement | null = null;
  for (const target of path) {
    if (!(target instanceof HTMLElement)) continue;
    if (target.matches(FIELDS)) return target;
    // The outermost one is the editor's own.
    if (target.matches(EDITABLE)) editable = target;
  }
  if (editable) return editable;
  // A click beside the field, on the frame that a page draws around it.
  const start = path.find((target): target is HTMLElement => target instanceof HTMLElement);
  for (let at: Element | null = start ?? null, up = 0; at && up < 3; at = parentOf(at), up++) {
    const inside = at.querySelectorAll<HTMLElement>(`${FIELDS},${EDITABLE}`);
    if (inside.length === 1) return inside[0] ?? null;
  }
  return null;
}

export function kindOf(field: HTMLElement): ComposerKind {
  if (field.matches(FIELDS)) return 'textarea';
  if (field.matches('[data-lexical-editor]')) return 'lexical';
  if (field.matches('.ql-editor')) return 'quill';
  if (field.matches('.ProseMirror,.tiptap')) return 'prosemirror';
  return 'contenteditable';
}
