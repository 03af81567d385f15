// A text field that React controls, a menu that a pointer opens, one or two answers side by side.

import { composer } from '/assets/react.js';

const MODELS = ['amber-large', 'birch-mini', 'cedar-vision'];
const mode = location.pathname.split('/')[2] ?? 'battle';
const form = document.querySelector('form');
const send = form.querySelector('button');
const list = document.querySelector('ol');
const menu = document.querySelector('[role=combobox]');
let model = MODELS[0];
let writing = null;
const field = { name: 'message', rows: 3, placeholder: 'Ask anything…' };
const editor = composer(form.querySelector('#field'), render, submit, field);

document.querySelector('#mode').textContent = mode;
showState(document.body.dataset.state);
render();

form.addEventListener('submit', (event) => {
  event.preventDefault();
  if (writing) writing.abort();
  else submit();
});

// The list of models opens by a pointer, not by a click alone, and at the end of the body.
menu.addEventListener('pointerdown', () => {
  const open = document.querySelector('[role=listbox]');
  if (open) return open.remove();
  const box = document.createElement('div');
  box.setAttribute('role', 'listbox');
  for (const name of MODELS) {
    const option = document.createElement('div');
    option.setAttribute('role', 'option');
    option.setAttribute('aria-selected', String(name === model));
    option.textContent = name;
    option.addEventListener('click', () => {
      model = name;
      box.remove();
      render();
    });
    box.append(option);
  }
  document.body.append(box);
});
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') document.querySelector('[role=listbox]')?.remove();
});

function render() {
  send.disabled = !writing && editor.text().trim() === '';
  send.setAttribute('aria-label', writing ? 'Stop generating' : 'Send message');
  send.textContent = writing ? 'Stop' : 'Send';
  menu.hidden = mode === 'battle';
  menu.textContent = model;
}

async function submit() {
  const prompt = editor.text();
  if (writing || prompt.trim() === '') return;
  editor.clear();
  writing = new AbortController();
  const sides = mode === 'direct' ? ['a'] : ['a', 'b'];
  const asked = document.createElement('li');
  asked.dataset.role = 'user';
  asked.textContent = prompt;
  const row = document.createElement('li');
  row.className = 'sides';
  const bodies = {};
  for (const side of sides) {
    bodies[side] = document.createElement('div');
    bodies[side].className = 'prose';
    row.append(bodies[side]);
  }
  list.append(asked, row);
  render();
  try {
    const response = await fetch('/nextjs-api/stream/create-evaluation', {
      method: 'POST',
      headers: { 'content-type': 'text/plain;charset=UTF-8' },
      body: JSON.stringify({ mode, modelAId: model, modelBId: model, userMessage: { content: prompt } }),
      signal: writing.signal,
    });
    if (!response.ok) return toast((await response.json()).error);
    await read(response.body, bodies);
  } catch (error) {
    if (error.name !== 'AbortError') toast(String(error));
  } finally {
    writing = null;
    render();
  }
}

async function read(body, bodies) {
  let rest = '';
  for await (const text of body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split('\n');
    rest = lines.pop();
    for (const line of lines) show(line, bodies);
  }
}

function show(line, bodies) {
  const [, side, kind, json] = /^([ab])(\w):(.*)$/.exec(line) ?? [];
  const value = json && JSON.parse(json);
  if (kind === '0') bodies[side].append(value);
  if (kind === '3') toast(value);
  const image = kind === '2' && value[0]?.image;
  if (!image) return;
  const picture = document.createElement('img');
  picture.src = image;
  picture.alt = 'answer';
  bodies[side].append(picture);
}

function toast(words) {
  const note = document.createElement('div');
  note.setAttribute('role', 'alert');
  note.textContent = words;
  document.body.append(note);
}

function showState(state) {
  if (!state) return;
  const box = document.createElement('div');
  box.setAttribute('role', 'dialog');
  box.innerHTML = {
    challenge: '<div class="cf-turnstile" style="width:300px;height:65px">Verify that you are human</div>',
    consent: '<h2>Terms of Use &amp; Privacy Policy</h2><button>Agree</button>',
    maintenance: '<h2>We are down for maintenance</h2>',
  }[state] ?? '';
  document.body.append(box);
}
