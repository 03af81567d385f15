// The send button is absent until there is text, and gives its place to Stop while an answer is written.

import { composer } from '/assets/tiptap.js';

const list = document.querySelector('#messages-container');
const buttons = document.querySelector('#buttons');
const picker = document.querySelector('input[type=file]');
const chosen = document.querySelector('#model-selector-0-button');
let sid = '';
let writing = null;
let attached = [];
let model = new URLSearchParams(location.search).get('models') ?? '';

const socket = new WebSocket(`${location.origin.replace('http', 'ws')}/ws/socket.io/?EIO=4&transport=websocket`);
await new Promise((resolve) => {
  socket.addEventListener('message', ({ data }) => {
    if (data.startsWith('0')) socket.send('40');
    if (data.startsWith('42')) hear(JSON.parse(data.slice(2))[1].data);
    if (!data.startsWith('40')) return;
    sid = JSON.parse(data.slice(2)).sid;
    resolve();
  });
});
const models = (await (await fetch('/api/models')).json()).data.map(({ id }) => id);
if (!models.includes(model)) [model] = models;

picker.addEventListener('change', () => { for (const file of picker.files) void attach(file); });
document.querySelector('#chat-container').addEventListener('dragover', (event) => event.preventDefault());
document.querySelector('#chat-container').addEventListener('drop', (event) => {
  event.preventDefault();
  for (const file of event.dataTransfer.files) void attach(file);
});
document.querySelector('#new-chat-button').addEventListener('click', () => {
  list.replaceChildren();
  attached = [];
  history.pushState(null, '', '/');
  render();
});
chosen.addEventListener('click', () => {
  const menu = document.createElement('div');
  menu.setAttribute('role', 'menu');
  for (const id of models) {
    const item = document.createElement('button');
    item.type = 'button';
    item.setAttribute('aria-roledescription', 'model-item');
    item.dataset.value = id;
    item.textContent = id;
    item.addEventListener('click', () => { model = id; menu.remove(); render(); });
    menu.append(item);
  }
  document.body.append(menu);
});

// Last: who finds a composer finds a page that listens.
const editor = composer(document.querySelector('#chat-input-container'), render, submit);
render();

async function attach(file) {
  const chip = document.createElement('span');
  chip.className = 'file';
  chip.dataset.busy = '';
  chip.textContent = file.name;
  document.querySelector('#files').append(chip);
  // They go side by side; the prompt names them as they were chosen.
  const files = attached;
  const at = files.push(null) - 1;
  const response = await fetch('/api/v1/files/', { method: 'POST', body: file, headers: { 'x-file-name': encodeURIComponent(file.name) } });
  files[at] = (await response.json()).id;
  delete chip.dataset.busy;
  render();
}

function render() {
  chosen.textContent = model;
  buttons.replaceChildren();
  if (!writing && editor.text().trim() === '') return;
  const button = document.createElement('button');
  button.type = 'button';
  button.setAttribute('aria-label', writing ? 'Stop' : 'Send message');
  button.textContent = writing ? 'Stop' : 'Send';
  if (!writing) button.id = 'send-message-button';
  button.addEventListener('click', () => (writing ? end() : submit()));
  buttons.append(button);
}

function submit() {
  const content = editor.text();
  if (writing || content.trim() === '') return;
  editor.clear();
  add('user-message', content);
  writing = add('chat-assistant', '');
  const body = { model, stream: true, session_id: sid, messages: [{ role: 'user', content }], files: attached };
  attached = [];
  document.querySelector('#files').replaceChildren();
  const post = (more) => fetch('/api/chat/completions', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ ...body, ...more }) });
  void post({});
  // For the list of chats.
  void post({ stream: false });
  history.replaceState(null, '', '/c/1');
  render();
}

function hear({ data }) {
  if (!writing) return;
  writing.append(data.choices?.[0]?.delta?.content ?? '');
  if (data.error) {
    writing.append(Object.assign(document.createElement('div'), { className: 'error', textContent: data.error.content }));
  }
  if (data.done || data.error) end();
}

function end() {
  writing = null;
  render();
}

function add(kind, text) {
  const element = document.createElement('div');
  element.className = kind;
  element.textContent = text;
  list.append(element);
  return element;
}
