// Quill without a toolbar.

import Quill from 'quill/core';

export function composer(element, onChange, onSubmit) {
  const quill = new Quill(element, {
    modules: {
      keyboard: { bindings: { submit: { key: 'Enter', handler: () => { onSubmit(); return false; } } } },
    },
  });
  quill.root.setAttribute('aria-label', 'Message');
  quill.root.style.whiteSpace = 'pre-wrap';
  quill.on('text-change', onChange);
  return {
    // Quill's text ends with a line end of its own.
    text: () => quill.getText().replace(/\n$/, ''),
    clear: () => { quill.setText(''); },
  };
}
