// ProseMirror with paragraphs and hard breaks only: Enter submits, Shift+Enter breaks the line.

import { baseKeymap, chainCommands, exitCode } from '@tiptap/pm/commands';
import { keymap } from '@tiptap/pm/keymap';
import { Schema } from '@tiptap/pm/model';
import { EditorState } from '@tiptap/pm/state';
import { EditorView } from '@tiptap/pm/view';

const schema = new Schema({
  nodes: {
    doc: { content: 'paragraph+' },
    paragraph: { content: 'inline*', group: 'block', parseDOM: [{ tag: 'p' }], toDOM: () => ['p', 0] },
    text: { group: 'inline' },
    hard_break: { inline: true, group: 'inline', selectable: false, parseDOM: [{ tag: 'br' }], toDOM: () => ['br'], leafText: () => '\n' },
  },
});

export function composer(element, onChange, onSubmit) {
  const breakLine = chainCommands(exitCode, (state, dispatch) => {
    dispatch?.(state.tr.replaceSelectionWith(schema.nodes.hard_break.create()).scrollIntoView());
    return true;
  });
  const keys = keymap({ Enter: () => { onSubmit(); return true; }, 'Shift-Enter': breakLine });
  const fresh = () => EditorState.create({ schema, plugins: [keys, keymap(baseKeymap)] });
  const view = new EditorView(element, {
    state: fresh(),
    // The editor asks its page for this style; without it white space is lost.
    attributes: { 'aria-label': 'Message', role: 'textbox', style: 'white-space: pre-wrap' },
    dispatchTransaction(transaction) {
      view.updateState(view.state.apply(transaction));
      onChange();
    },
  });
  return {
    text: () => view.state.doc.textBetween(0, view.state.doc.content.size, '\n', (leaf) => leaf.type.spec.leafText?.(leaf) ?? ''),
    clear: () => { view.updateState(fresh()); onChange(); },
  };
}
