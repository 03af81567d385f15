// The demo chat: types, sends, shows the answer while it comes, stops.
'use strict';

const byTest = (name) => document.querySelector(`[data-testid="${name}"]`);
const turns = byTest('turns');
const composer = byTest('composer');
const send = byTest('send');
const stop = byTest('stop');
const notice = byTest('notice');
const COVERS = { signed_out: 'sign-in', challenge: 'challenge', consent: 'consent' };
const REMEMBERED = 'tabway-demo-state';

/** The answer that is being written. */
let running = null;

function show(state) {
  document.body.dataset.state = state;
  for (const [name, cover] of Object.entries(COVERS)) byTest(cover).hidden = name !== state;
  byTest('form').hidden = state in COVERS;
}

function remember(state) {
  localStorage.setItem(REMEMBERED, state);
  show(state);
}

function say(words) {
  notice.textContent = words;
  notice.hidden = words === '';
}

function refresh() {
  send.hidden = running !== null;
  stop.hidden = running === null;
  send.disabled = composer.value.trim() === '';
}

function add(role, text) {
  const item = document.createElement('li');
  item.dataset.role = role;
  item.textContent = text;
  turns.append(item);
  document.body.dataset.turns = turns.childElementCount;
  item.scrollIntoView({ block: 'end' });
  return item;
}

/** Milliseconds since 1970, finer than Date.now. */
const now = () => performance.timeOrigin + performance.now();

async function turn(prompt) {
  running = new AbortController();
  say('');
  add('user', prompt);
  const item = add('assistant', '');
  item.dataset.writing = '';
  item.dataset.sentAt = now();
  refresh();
  try {
    const response = await fetch('api/turn', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ prompt }),
      signal: running.signal,
    });
    if (response.ok) await write(response.body, item);
    else complain('limit', (await response.json()).message);
  } catch (error) {
    if (error.name !== 'AbortError') complain('error', 'The connection was lost.');
  }
  delete item.dataset.writing;
  item.dataset.doneAt = now();
  if (item.textContent === '') item.remove();
  running = null;
  refresh();
}

/** The events of the stream, as they come. */
async function write(body, item) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    rest += value;
    const events = rest.split('\n\n');
    rest = events.pop();
    for (const event of events) take(JSON.parse(event.slice('data: '.length)), item);
  }
}

function take(event, item) {
  switch (event.kind) {
    case 'text':
      item.dataset.firstAt ??= now();
      item.append(event.text);
      item.scrollIntoView({ block: 'end' });
      break;
    case 'error':
      complain('error', event.message);
      break;
    case 'refused':
      complain('refused', event.message);
      break;
    case 'state':
      remember(event.state);
      break;
  }
}

function complain(kind, words) {
  say(words);
  notice.dataset.kind = kind;
}

byTest('form').addEventListener('submit', (event) => {
  event.preventDefault();
  const prompt = composer.value.trim();
  if (prompt === '' || running) return;
  composer.value = '';
  void turn(prompt);
});

composer.addEventListener('input', refresh);
composer.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.shiftKey) return;
  event.preventDefault();
  byTest('form').requestSubmit();
});

stop.addEventListener('click', () => {
  document.body.dataset.stopped = Number(document.body.dataset.stopped ?? 0) + 1;
  running?.abort();
});

byTest('new-chat').addEventListener('click', () => {
  running?.abort();
  turns.replaceChildren();
  delete document.body.dataset.turns;
  say('');
  composer.focus();
});

for (const button of document.querySelectorAll('[data-cover]')) {
  button.addEventListener('click', () => {
    button.dataset.clicked = '';
    remember(button.dataset.cover);
  });
}

// `?state=challenge` shows a state in this tab only; a command's state stays until its button is pressed.
show(new URLSearchParams(location.search).get('state') ?? localStorage.getItem(REMEMBERED) ?? 'ready');
addEventListener('storage', ({ key, newValue }) => key === REMEMBERED && show(newValue));
refresh();
