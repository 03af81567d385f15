// The path changes from /c/new to /c/ID in the middle of the answer.

const form = document.querySelector('form');
const field = form.querySelector('textarea');
const send = form.querySelector('#send-button');
const list = document.querySelector('#messages');
let stream = null;

if (document.body.dataset.state === 'signed_out') {
  history.replaceState(null, '', '/login');
  document.querySelector('main').innerHTML =
    '<form><input name="email"><input name="password" type="password"><button data-testid="login-button">Continue</button></form>';
}

field.addEventListener('input', () => { send.disabled = field.value.trim() === '' || stream !== null; });
field.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.shiftKey) return;
  event.preventDefault();
  form.requestSubmit();
});
form.addEventListener('submit', (event) => {
  event.preventDefault();
  void submit();
});
document.querySelector('[data-testid=new-chat-button]').addEventListener('click', () => {
  list.replaceChildren();
  history.pushState(null, '', '/c/new');
  field.focus();
});

async function submit() {
  const text = field.value;
  if (stream || text.trim() === '') return;
  field.value = '';
  send.disabled = true;
  add('user-turn', 'div').textContent = text;
  const response = await fetch('/api/agents/chat/agents', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ text, model: 'sample', conversationId: conversation() }),
  });
  if (!response.ok) return complain((await response.json()).code);
  const { streamId, conversationId } = await response.json();
  follow(streamId, conversationId);
}

/** The chat that the page shows; none before its first turn. */
function conversation() {
  const id = location.pathname.replace('/c/', '');
  return id === 'new' ? null : id;
}

function follow(streamId, conversationId) {
  const turn = add('agent-turn', 'div');
  const body = document.createElement('div');
  body.className = 'markdown';
  turn.append(body);
  showStop(true);
  stream = new XMLHttpRequest();
  let read = 0;
  stream.open('GET', `/api/agents/chat/stream/${streamId}`);
  stream.addEventListener('progress', () => {
    const blocks = stream.responseText.slice(read).split('\n\n');
    const rest = blocks.pop();
    read = stream.responseText.length - rest.length;
    for (const block of blocks) show(block, body, conversationId);
  });
  stream.addEventListener('loadend', () => {
    stream = null;
    showStop(false);
  });
  stream.send();
}

function show(block, body, conversationId) {
  const data = JSON.parse(/^data: (.*)$/m.exec(block)[1]);
  if (data.created) history.replaceState(null, '', `/c/${conversationId}`);
  const [content] = data.data?.delta?.content ?? [];
  if (content?.text) body.append(content.text);
  if (data.error) complain(data.text);
}

function showStop(shown) {
  document.querySelector('[data-testid=stop-button]')?.remove();
  send.hidden = shown;
  if (!shown) return;
  const stop = document.createElement('button');
  stop.type = 'button';
  stop.dataset.testid = 'stop-button';
  stop.setAttribute('aria-label', 'Stop generating');
  stop.textContent = 'Stop';
  stop.addEventListener('click', () => {
    stream?.abort();
    void fetch('/api/agents/chat/abort', { method: 'POST' });
  });
  form.append(stop);
}

function add(kind, tag) {
  const element = document.createElement(tag);
  element.className = `message-render ${kind}`;
  list.append(element);
  return element;
}

function complain(words) {
  const note = document.createElement('div');
  note.setAttribute('role', 'alert');
  note.textContent = words;
  list.append(note);
}
