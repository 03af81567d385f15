// tiptap with its starter kit: headings, lists, code, quotes and marks, with their input rules.

import { Editor, Extension } from '@tiptap/core';
import StarterKit from '@tiptap/starter-kit';

export function composer(element, onChange, onSubmit) {
  const Submit = Extension.create({
    name: 'submit',
    priority: 1000,
    addKeyboardShortcuts: () => ({ Enter: () => { onSubmit(); return true; } }),
  });
  const editor = new Editor({
    element,
    extensions: [StarterKit, Submit],
    onUpdate: () => onChange(),
    editorProps: { attributes: { id: 'chat-input', 'aria-label': 'Message' } },
  });
  return {
    text: () => editor.getText({ blockSeparator: '\n' }),
    clear: () => { editor.commands.clearContent(true); },
  };
}
