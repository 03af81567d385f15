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

/** What is written was asked before the page was opened. */
let replays = false;

/** The conversation, which has an address of its own as soon as something is asked in it. */
let chat = new URLSearchParams(location.search).get('chat') ?? '';

function turnTo(id) {
  chat = id;
  const url = new URL(location.href);
  if (id) url.searchParams.set('chat', id);
  else url.searchParams.delete('chat');
  history.replaceState(null, '', url);
}

/** Not `randomUUID`, which pages without TLS lack. */
const newName = () => Array.from(crypto.getRandomValues(new Uint32Array(4)), (n) => n.toString(36)).join('-');

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
  if (!chat) turnTo(newName());
  add('user', prompt);
  const item = add('assistant', '');
  item.dataset.writing = '';
  item.dataset.sentAt = now();
  await follow(item, (signal) => fetch('api/turn', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ prompt, chat }),
    signal,
  }));
}

/** The conversation of the page's address, and what is still written in it. */
async function reopen() {
  replays = true;
  await follow(null, (signal) => fetch(`api/chats/${encodeURIComponent(chat)}`, { signal }));
  replays = false;
}

async function follow(item, ask) {
  running = new AbortController();
  say('');
  refresh();
  try {
    const response = await ask(running.signal);
    if (response.ok) item = await write(response.body, item);
    else if (response.status === 429) complain('limit', (await response.json()).message);
    else if (response.status === 404) turnTo('');
  } catch (error) {
    if (error.name !== 'AbortError') complain('error', 'The connection was lost.');
  }
  end(item ?? turns.lastElementChild);
  running = null;
  refresh();
}

/** An answer is over; one without a word is none. */
function end(item) {
  if (item?.dataset.role !== 'assistant') return;
  delete item.dataset.writing;
  item.dataset.doneAt = now();
  if (item.textContent === '') item.remove();
}

/** The events of the stream, as they come. */
async function write(body, item) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return item;
    rest += value;
    const events = rest.split('\n\n');
    rest = events.pop();
    for (const event of events) item = take(JSON.parse(event.slice('data: '.length)), item);
  }
}

function take(event, item) {
  switch (event.kind) {
    case 'prompt':
      end(item);
      add('user', event.text);
      return add('assistant', '');
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
      if (!replays) remember(event.state);
      break;
  }
  return item;
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
  void fetch(`api/chats/${encodeURIComponent(chat)}/stop`, { method: 'POST' });
});

byTest('new-chat').addEventListener('click', () => {
  running?.abort();
  turnTo('');
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
if (chat) void reopen();
