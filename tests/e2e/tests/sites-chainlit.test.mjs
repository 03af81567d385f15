// Chainlit's own page, untouched, with the scripted upstream behind it.

import { describeSite } from '../lib/site-features.mjs';

describeSite('chainlit', {
  answer: '[data-step-type=assistant_message]',
  signIn: {
    fields: { '#email': 'tabway', '#password': 'open sesame' },
    button: 'form button[type=submit]',
  },
  offers: ['model', 'file', 'image in', 'image out'],
});
