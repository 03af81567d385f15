// The list keeps only the last turns in the page; a turn is a new element when it comes back into view.

const SERVICE = '/$rpc/google.internal.alkali.applications.makersuite.v1.MakerSuiteService';
const KEPT = 2;
const scroller = document.querySelector('ms-autoscroll-container');
const field = document.querySelector('ms-prompt-box textarea');
const run = document.querySelector('ms-run-button button');
const model = new URLSearchParams(location.search).get('model') ?? 'iris-pro';
const turns = [];
let request = null;

document.querySelector('[data-test-id=model-name]').textContent = model;
call('ListModels', []).then(() => {});

// The framework lays the field out by the mirror, and reads the text only when the field says so.
field.addEventListener('input', () => {
  field.closest('.text-wrapper').dataset.value = field.value;
  render();
});
field.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && event.ctrlKey) void submit();
});
run.addEventListener('click', () => {
  if (request) request.abort();
  else if (run.getAttribute('aria-disabled') === 'false') void submit();
});
document.querySelector('[aria-label^=Expand]').addEventListener('click', (event) => {
  const advanced = document.querySelector('.advanced');
  advanced.hidden = !advanced.hidden;
  event.target.setAttribute('aria-expanded', String(!advanced.hidden));
});
const grounding = document.querySelector('[data-test-id=searchAsAToolTooltip] [role=switch]');
const calling = document.querySelector('[data-test-id=functionCallingTooltip] [role=switch]');
const edit = document.querySelector('.edit-function-declarations-button');
const isOn = (control) => control.getAttribute('aria-checked') === 'true';
for (const control of [grounding, calling]) {
  control.addEventListener('click', () => {
    const on = !isOn(control);
    control.setAttribute('aria-checked', String(on));
    control.textContent = on ? 'on' : 'off';
    edit.disabled = !isOn(calling);
  });
}
// As the settings of a person who has used it before: kept by the site, over pages.
let declarations = sessionStorage.getItem('declarations') ?? '';
if (document.body.dataset.state === 'without_tools') edit.parentElement.remove();
edit.addEventListener('click', () => {
  const dialog = document.createElement('ms-edit-function-declarations-dialog');
  dialog.innerHTML = `<h2>Function declarations <button type="button" aria-label="close">×</button></h2>
    <button type="button" role="tab">Code Editor</button>
    <div class="editor"></div><div class="error" role="alert"></div>
    <mat-dialog-actions><button type="button">Save</button></mat-dialog-actions>`;
  const [close, tab] = dialog.querySelectorAll('button');
  const save = dialog.querySelector('mat-dialog-actions button');
  const field = document.createElement('textarea');
  field.value = declarations;
  let held = declarations;
  field.addEventListener('input', () => (held = field.value));
  tab.addEventListener('click', () => dialog.querySelector('.editor').replaceChildren(field));
  close.addEventListener('click', () => dialog.remove());
  save.addEventListener('click', () => {
    const wrong = wrongWith(held);
    dialog.querySelector('.error').textContent = wrong;
    if (wrong) return;
    declarations = held;
    sessionStorage.setItem('declarations', declarations);
    // The dialog takes its time to go.
    setTimeout(() => dialog.remove(), 50);
  });
  document.body.append(dialog);
});

/** The dialog knows few words of JSON Schema, and says so of any other. */
function wrongWith(text) {
  const known = ['type', 'description', 'properties', 'required', 'items', 'enum'];
  const foreign = (schema) => Object.keys(schema).find((word) => !known.includes(word)) ??
    Object.values(schema.properties ?? {}).map(foreign).find(Boolean);
  try {
    for (const { name, parameters } of JSON.parse(text)) {
      if (name === 'refused_by_the_page') return `Invalid function name: ${name}`;
      const word = parameters && foreign(parameters);
      if (word) return `Unknown key: ${word}`;
    }
    return '';
  } catch {
    return 'Not valid JSON.';
  }
}

const stops = [];
document.querySelector('[aria-label="Add stop token"]').addEventListener('keydown', ({ key, target }) => {
  if (key !== 'Enter' || target.value === '') return;
  stops.push(target.value);
  target.value = '';
  showStops();
});

function showStops() {
  document.querySelector('.chips').replaceChildren(...stops.map((stop, at) => {
    const chip = document.createElement('span');
    chip.className = 'chip';
    chip.textContent = stop;
    const remove = document.createElement('button');
    remove.type = 'button';
    remove.setAttribute('aria-label', `Remove ${stop}`);
    remove.textContent = '×';
    remove.addEventListener('click', () => { stops.splice(at, 1); showStops(); });
    chip.append(remove);
    return chip;
  }));
}

function settings() {
  const value = (label) => document.querySelector(`[aria-label="${label}"]`).value;
  return {
    system: value('System instructions'),
    temperature: Number(value('Temperature')),
    maxTokens: Number(value('Maximum output tokens')),
    topP: Number(value('Top P')),
    stops: [...stops],
    search: isOn(grounding),
    tools: isOn(calling) ? JSON.parse(declarations || '[]') : null,
  };
}

function render() {
  run.setAttribute('aria-disabled', String(!request && field.value.trim() === ''));
  run.setAttribute('aria-label', request ? 'Stop generating' : 'Run');
  run.textContent = request ? 'Stop' : 'Run';
}

function submit() {
  const prompt = field.value;
  if (request || prompt.trim() === '') return;
  field.value = '';
  field.closest('.text-wrapper').dataset.value = '';
  turns.push({ role: 'user', text: prompt, thought: '', calls: [] }, { role: 'model', text: '', thought: '', calls: [] });
  show();
  void call('GenerateContent', [model, prompt, settings()], (fragment) => {
    const payload = fragment[0][0][0][0][0];
    const [, text] = payload;
    const turn = turns.at(-1);
    if (payload.length === 11) turn.calls.push(payload[10][0]);
    else if (payload.length > 2) turn.thought += text;
    else turn.text += text;
    show();
  });
  render();
}

function call(name, body, fragment) {
  const xhr = new XMLHttpRequest();
  if (fragment) request = xhr;
  let seen = 0;
  xhr.open('POST', `${SERVICE}/${name}`);
  xhr.setRequestHeader('content-type', 'application/json+protobuf');
  const read = () => {
    if (!fragment || xhr.status !== 200) return;
    const text = xhr.responseText;
    for (const cut of [text, `${text}]]`]) {
      try {
        const all = JSON.parse(cut)[0];
        all.slice(seen).forEach(fragment);
        seen = all.length;
        return;
      } catch {
        // Not yet whole: the rest comes.
      }
    }
  };
  xhr.addEventListener('progress', read);
  return new Promise((resolve) => {
    xhr.addEventListener('loadend', () => {
      read();
      if (request === xhr) request = null;
      if (xhr.status >= 400) complain(JSON.parse(xhr.responseText)[1][1]);
      render();
      resolve(xhr);
    });
    xhr.send(JSON.stringify(body));
  });
}

function show() {
  scroller.replaceChildren(...turns.slice(-KEPT).map(({ role, text, thought, calls }) => {
    const turn = document.createElement('ms-chat-turn');
    const box = document.createElement('div');
    box.className = `chat-turn-container ${role}`;
    if (thought) box.append(Object.assign(document.createElement('ms-thought-chunk'), { textContent: thought }));
    box.append(Object.assign(document.createElement('ms-cmark-node'), { textContent: text }));
    for (const name of calls) box.append(Object.assign(document.createElement('ms-function-call-chunk'), { textContent: name }));
    turn.append(box);
    return turn;
  }));
  scroller.scrollTop = scroller.scrollHeight;
}

function complain(words) {
  const callout = document.createElement('ms-callout');
  callout.className = 'error-callout';
  callout.append(Object.assign(document.createElement('div'), { className: 'message', textContent: words }));
  document.querySelector('main').append(callout);
}
