// Streamlit's own chat elements, untouched, with the scripted upstream behind them. Their socket is
// binary: the answer is what the page shows.

import { describeSite } from '../lib/site-features.mjs';

const password = '[data-testid=stTextInput] input[type=password]';

describeSite('streamlit', {
  answer: '[data-testid=stChatMessage]:has([data-testid=stChatMessageAvatarAssistant])',
  signIn: { fields: { [password]: 'open sesame' }, enterIn: password },
  offers: ['model', 'file', 'image in', 'image out'],
});
