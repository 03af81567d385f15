// A textarea that React controls: what an event does not bring into its state is put back.

import { createElement, useState } from 'react';
import { createRoot } from 'react-dom/client';

export function composer(element, onChange, onSubmit, attributes = {}) {
  let state = '';
  let clear;
  function Field() {
    const [text, setText] = useState('');
    state = text;
    clear = () => setText('');
    return createElement('textarea', {
      'aria-label': 'Message',
      ...attributes,
      value: text,
      onChange: (event) => {
        setText(event.target.value);
        state = event.target.value;
        onChange();
      },
      onKeyDown: (event) => {
        if (event.key !== 'Enter' || event.shiftKey) return;
        event.preventDefault();
        onSubmit();
      },
    });
  }
  createRoot(element).render(createElement(Field));
  return { text: () => state, clear: () => { clear(); state = ''; onChange(); } };
}
