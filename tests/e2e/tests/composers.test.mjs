// A long prompt of all that is hard to type arrives unchanged in the state of every editor that chat
// pages are built with, in Chromium and in Firefox.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, afterEach, before, describe, test } from 'node:test';

import { ScriptedGateway } from '../../../extension/tests/browser/support/gateway.mjs';
import { bundle } from '../composers/bundle.mjs';
import { pairedIn, typeCode } from '../lib/bridge.mjs';
import { Chromium } from '../lib/chromium.mjs';
import { Firefox } from '../lib/firefox.mjs';
import { bodyOf } from '../stand-ins/server.mjs';

const HARD = [
  'A `prompt` with *markup*, **bold**, <b>tags</b> & "quotes" \'single\' “curly”…', '',
  '```js', 'if (a < b && c > d) {', '\treturn `x${y}`;', '}', '', '', '  // two spaces,  double  inside', '```',
  '> quoted', '> > twice', '- item', '  - nested', '1. one', '# head', '| a | b |', '|---|---|',
  '漢字かな交じり文 한국어 العربية', 'emoji 👩‍👩‍👧‍👦 🦀 é e\u0301', '&amp; &lt;script&gt;alert(1)&lt;/script&gt; <img src=x onerror=alert(1)>',
  '    four leading', '-- dashes -> (c) 1/2 ... :smile: @name /command', 'ends in **bold**', '',
].join('\n');
const LONG = `${HARD.repeat(9)}last \`code\``;
const PROMPTS = {
  'a long prompt': LONG,
  'a line that editors have a shorthand for': 'say **this**',
  'a fence': '```js\nlet a = `b`;\n```',
  'a list': '- one\n- two\n\n1. three',
};

/** Composers by where they are: name, kind for the adapter, and the place in the page. */
const FIELDS = [
  ['react', 'textarea', 'page'],
  ['mirrored', 'textarea', 'page'],
  ['prosemirror', 'prosemirror', 'page'],
  ['tiptap', 'prosemirror', 'page'],
  ['lexical', 'lexical', 'page'],
  ['quill', 'quill', 'page'],
  ['plain', 'contenteditable', 'page'],
  ['prosemirror', 'prosemirror', 'shadow'],
  ['react', 'textarea', 'shadow'],
  ['lexical', 'lexical', 'frame'],
  ['react', 'textarea', 'frame'],
];

/** A field that its page follows by events, and lays out by an attribute that it does not set itself. */
const MIRRORED = `export function composer(element, onChange) {
  element.innerHTML = '<div data-value=""><textarea></textarea></div>';
  const [around, field] = [element.firstChild, element.querySelector('textarea')];
  let model = '';
  field.addEventListener('input', () => { model = field.value; onChange(); });
  return {
    text: () => around.dataset.value === model ? model : 'the attribute says something else',
    clear: () => { field.value = model = around.dataset.value = ''; },
  };
}`;

const chatPage = (name, place) => `<!doctype html><meta charset="utf-8"><title>${name}</title>
<div id="log"></div><div id="mount"></div><button id="send">Send</button>
<script type="module">
  import { composer } from '/${name}.js';
  const place = {
    page: (mount) => mount,
    shadow: (mount) => {
      const outer = mount.attachShadow({ mode: 'open' });
      outer.innerHTML = '<div></div>';
      const inner = outer.firstChild.attachShadow({ mode: 'open' });
      inner.innerHTML = '<section></section>';
      return inner.firstChild;
    },
    frame: (mount) => mount,
  }[${JSON.stringify(place)}](document.getElementById('mount'));
  const it = composer(place, () => {}, () => submit());
  window.held = () => it.text();
  async function submit() {
    const prompt = it.text();
    if (prompt.trim() === '') return;
    if (!window.keeps) it.clear();
    const answer = await fetch('/send', { method: 'POST', body: JSON.stringify({ prompt }) });
    await answer.text();
  }
  const send = document.getElementById('send');
  if (new URLSearchParams(location.search).has('deaf')) send.remove();
  send.onclick = submit;
</script>`;

/** The page around a frame with the chat in it; the answer's stream is the frame's. */
const framed = (name) => `<!doctype html><meta charset="utf-8"><title>framed</title><div id="log"></div>
<iframe id="chat" src="/${name}/frame/inner" width="800" height="500"></iframe>`;

class Pages {
  prompts = [];
  #waiting = [];

  /** `home` is where a new chat is. */
  static async start(home) {
    const pages = new Pages();
    pages.home = home;
    pages.server = createServer((request, response) => void pages.#answer(request, response));
    pages.server.listen(0, '127.0.0.1');
    await once(pages.server, 'listening');
    pages.origin = `http://127.0.0.1:${pages.server.address().port}`;
    return pages;
  }

  async #answer(request, response) {
    const { pathname } = new URL(request.url, this.origin);
    if (pathname === '/send') {
      const { prompt } = JSON.parse(String(await bodyOf(request)));
      this.prompts.push(prompt);
      for (const wake of this.#waiting.splice(0)) wake();
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      return response.end('data: [DONE]\n\n');
    }
    if (pathname.endsWith('.js')) {
      const name = pathname.slice(1, -3);
      response.writeHead(200, { 'content-type': 'text/javascript; charset=utf-8' });
      return response.end(name === 'mirrored' ? MIRRORED : await bundle(name));
    }
    if (pathname === '/') {
      response.writeHead(302, { location: this.home });
      return response.end();
    }
    const [, name, place, inner] = pathname.split('/');
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
    response.end(place === 'frame' && !inner ? framed(name) : chatPage(name, place));
  }

  async stop() {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** The adapter for a composer. It knows an accepted prompt by the empty composer. */
function siteFor(origin, name, kind, place) {
  const frame = place === 'frame' ? { frame: '#chat' } : {};
  const editable = kind === 'textarea' ? 'textarea' : '[contenteditable=true]';
  return {
    name: 'chat',
    origin,
    adapter: {
      schema: 1, name: 'composers', title: 'Composers', revision: 1, terms: 'Ours.',
      page: { start: '/', deny: [], proof: [{ css: '#log' }], needs_visible: false },
      locators: {
        composer: [{ css: editable, ...frame }],
        send: [{ css: '#send', ...frame }],
        answer: [{ css: '.answer' }],
      },
      composer: { kind, ...(name === 'mirrored' && { mirror_attribute: 'data-value' }) },
      send: { by: ['click'], accepted: ['composer_empty'], proof_ms: 2000 },
      new_chat: 'navigate',
      signals: {},
      tap: [{ transport: 'fetch', path: '/send', method: 'POST', standing: false }],
      answer: { kind: 'sse_json', text: ['/text'], done_data: '[DONE]' },
      models: {},
      limits: { reopen_after: 0 },
    },
  };
}

for (const [browserName, Browser] of [['Chromium', Chromium], ['Firefox', Firefox]]) {
  describe(`in ${browserName}`, () => {
    let gateway, pages, browser;
    before(async () => {
      [gateway, browser] = await Promise.all([ScriptedGateway.start(), Browser.start()]);
      const popup = await browser.popup();
      await typeCode(browser, popup, gateway.url, gateway.code);
      await pairedIn(browser, popup);
      await browser.close(popup);
    });
    after(async () => {
      await browser?.stop();
      await gateway?.stop();
    });

    let page;
    afterEach(async () => {
      await browser.close(page);
      await pages.stop();
    });

    async function laneAt(name, kind, place, query = '') {
      // An origin of its own for each: what an adapter touches is approved for one.
      const home = `/${name}/${place}${query}`;
      pages = await Pages.start(home);
      const sites = [siteFor(pages.origin, name, kind, place)];
      gateway.heard.length = 0;
      gateway.sites = sites;
      gateway.say({ type: 'sites', sites });
      page = await browser.open(pages.origin + home);
      return gateway.idleLane();
    }

    for (const [name, kind, place] of FIELDS) {
      test(`${name} in a ${place} takes prompts unchanged`, async () => {
        const lane = await laneAt(name, kind, place);
        // The end of a frame's own stream is not seen: each turn there lasts until its time is over.
        const prompts = Object.entries(PROMPTS).slice(0, place === 'frame' ? 1 : undefined);
        for (const [what, prompt] of prompts) {
          const at = pages.prompts.length;
          const job = gateway.give(lane, prompt, { conversation: 'continue', total_ms: 1_000 });
          const end = await gateway.end(job, 20_000);
          assert.ok(end.type === 'done' || end.accepted, `${what}: ${JSON.stringify(end)}`);
          assert.equal(pages.prompts.length, at + 1, `${what} was sent once`);
          assert.equal(pages.prompts.at(-1), prompt, what);
          await gateway.idleLane();
        }
      });
    }

    for (const [name, kind] of FIELDS.slice(0, 7)) {
      test(`${name} is left empty when the prompt could not be sent`, async () => {
        const lane = await laneAt(name, kind, 'page', '?deaf');
        const job = gateway.give(lane, LONG, { conversation: 'continue' });
        const end = await gateway.end(job);
        assert.deepEqual([end.type, end.accepted, end.failure.locator], ['failed', false, 'send']);
        assert.equal((await browser.evaluate(page, 'held()')).trim(), '');
      });
    }
  });
}
