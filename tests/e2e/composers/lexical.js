// Lexical with its plain text behaviour, as chat composers use it: Enter submits.

import { createEmptyHistoryState, registerHistory } from '@lexical/history';
import { registerPlainText } from '@lexical/plain-text';
import { $createParagraphNode, $getRoot, COMMAND_PRIORITY_HIGH, KEY_ENTER_COMMAND, createEditor } from 'lexical';

export function composer(element, onChange, onSubmit) {
  const field = document.createElement('div');
  field.contentEditable = 'true';
  field.setAttribute('role', 'textbox');
  field.setAttribute('aria-label', 'Message');
  field.style.whiteSpace = 'pre-wrap';
  field.dataset.lexicalEditor = 'true';
  element.append(field);
  const editor = createEditor({ namespace: 'composer', onError: (error) => { throw error; } });
  editor.setRootElement(field);
  registerPlainText(editor);
  registerHistory(editor, createEmptyHistoryState(), 300);
  editor.update(() => { $getRoot().append($createParagraphNode()); });
  editor.registerCommand(KEY_ENTER_COMMAND, (event) => {
    if (!event || event.shiftKey) return false;
    event.preventDefault();
    onSubmit();
    return true;
  }, COMMAND_PRIORITY_HIGH);
  editor.registerUpdateListener(() => onChange());
  return {
    // Paragraphs are parted by an empty line in Lexical's own text.
    text: () => editor.getEditorState().read(() => $getRoot().getChildren().map((child) => child.getTextContent()).join('\n')),
    clear: () => editor.update(() => {
      $getRoot().clear().append($createParagraphNode());
    }),
  };
}
