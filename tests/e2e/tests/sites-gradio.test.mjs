// Gradio's own ChatInterface, untouched, with the scripted upstream behind it.

import { describeSite } from '../lib/site-features.mjs';

describeSite('gradio', {
  answer: '[data-testid=bot]',
  signIn: {
    fields: { 'input[data-testid=textbox]': 'tabway', 'input[data-testid=password]': 'open sesame' },
    button: 'button.primary, button.lg',
  },
  offers: ['model', 'file', 'image in'],
});
