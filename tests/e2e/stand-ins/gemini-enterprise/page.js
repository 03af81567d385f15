// Everything is within open shadow roots: the app, the search bar in it, the editor in that.

import { composer } from '/assets/prosemirror.js';

class SearchBar extends HTMLElement {
  connectedCallback() {
    const root = this.attachShadow({ mode: 'open' });
    root.innerHTML = `<ucs-prosemirror-editor></ucs-prosemirror-editor>
      <md-icon-button class="send-button submit" role="button" tabindex="0" aria-label="Send" aria-disabled="true">send</md-icon-button>`;
    const inner = root.querySelector('ucs-prosemirror-editor').attachShadow({ mode: 'open' });
    inner.innerHTML = '<style>.ProseMirror { border: 1px solid #999; min-height: 3rem; padding: .3rem; white-space: pre-wrap }</style><div></div>';
    this.send = root.querySelector('md-icon-button');
    this.editor = composer(inner.querySelector('div'), () => this.render(), () => this.submit());
    this.send.addEventListener('click', () => (this.writing ? this.writing.abort() : this.submit()));
  }

  render() {
    this.send.setAttribute('aria-label', this.writing ? 'Stop' : 'Send');
    this.send.textContent = this.writing ? 'stop' : 'send';
    this.send.classList.toggle('submit', !this.writing);
    this.send.setAttribute('aria-disabled', String(!this.writing && this.editor.text().trim() === ''));
  }

  submit() {
    const text = this.editor.text();
    if (this.writing || text.trim() === '') return;
    this.editor.clear();
    this.writing = new AbortController();
    this.render();
    const done = () => { this.writing = null; this.render(); };
    void this.app.ask(text, this.writing.signal).finally(done);
  }
}

class App extends HTMLElement {
  connectedCallback() {
    const root = this.attachShadow({ mode: 'open' });
    root.innerHTML = `<style>ucs-response, .question { display: block; padding: .5rem; white-space: pre-wrap } .thoughts { color: #777 }</style>
      <button type="button" aria-label="New chat">New chat</button><div class="conversation"></div><ucs-search-bar></ucs-search-bar>`;
    this.list = root.querySelector('.conversation');
    root.querySelector('ucs-search-bar').app = this;
    root.querySelector('button').addEventListener('click', () => this.list.replaceChildren());
  }

  async ask(text, signal) {
    this.add('div', 'question').textContent = text;
    const answer = this.add('ucs-response', '');
    const body = answer.attachShadow({ mode: 'open' });
    body.innerHTML = '<div class="thoughts"></div><div class="markdown-document"></div>';
    const response = await fetch('/v1alpha/locations/global/widgetStreamAssist', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ streamAssistRequest: { query: { parts: [{ text }] } } }),
      signal,
    });
    let all = '';
    let seen = 0;
    for await (const more of response.body.pipeThrough(new TextDecoderStream())) {
      all += more;
      const list = whole(all);
      list.slice(seen).forEach((one) => show(one, body));
      seen = list.length;
    }
  }

  add(tag, kind) {
    const element = document.createElement(tag);
    element.className = kind;
    this.list.append(element);
    return element;
  }
}

function whole(text) {
  for (const end of ['', ']']) {
    try {
      return JSON.parse(text + end);
    } catch {
      // Not yet whole: the rest comes.
    }
  }
  return [];
}

function show(one, body) {
  const words = one.error?.message ?? one.streamAssistResponse?.answer.modelArmorViolation?.message;
  if (words) body.append(Object.assign(document.createElement('ucs-banner'), { textContent: words }));
  for (const { groundedContent } of one.streamAssistResponse?.answer.replies ?? []) {
    const { text, thought, file } = groundedContent.content;
    if (text) body.querySelector(thought ? '.thoughts' : '.markdown-document').append(text);
    if (!file) continue;
    const picture = Object.assign(document.createElement('img'), { src: `/download/${file.fileId}`, alt: file.name });
    body.querySelector('.markdown-document').append(picture);
  }
}

customElements.define('ucs-search-bar', SearchBar);
customElements.define('ucs-standalone-app', App);
