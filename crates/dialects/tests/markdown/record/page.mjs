// The renderers, in the page that records: each draws a whole text into an element, as chat pages
// do again and again while a text grows.

import createDOMPurify from 'dompurify';
import hljs from 'highlight.js';
import MarkdownIt from 'markdown-it';
import katex from '@vscode/markdown-it-katex';
import tasks from 'markdown-it-task-lists';
import { Marked } from 'marked';
import { createElement } from 'react';
import { createRoot } from 'react-dom/client';
import { flushSync } from 'react-dom';
import ReactMarkdown from 'react-markdown';
import rehypeHighlight from 'rehype-highlight';
import rehypeKatex from 'rehype-katex';
import remarkGfm from 'remark-gfm';
import remarkMath from 'remark-math';
import remend from 'remend';

import { AnswerWatcher } from '../../../../../extension/src/runner/dom';

const purify = createDOMPurify(window);

/** react-markdown with GFM, highlight.js and KaTeX; code has a head with its language and a button. */
function react(body, { head, complete }) {
  const root = createRoot(body);
  const el = createElement;
  const pre = ({ children }) => {
    const language = /language-([\w+#.-]+)/.exec(children?.props?.className ?? '')?.[1] ?? 'text';
    return el('pre', { className: 'overflow-visible' },
      el('div', { className: 'rounded-xl border' },
        el('div', { className: 'flex items-center justify-between' }, el('span', null, language),
          el('button', { 'aria-label': 'Copy' }, el('svg'), 'Copy code')),
        el('div', { className: 'overflow-y-auto p-4', dir: 'ltr' }, children)));
  };
  return (text, done) => flushSync(() => root.render(el(ReactMarkdown, {
    remarkPlugins: [remarkGfm, remarkMath],
    rehypePlugins: [rehypeKatex, [rehypeHighlight, { detect: false }]],
    components: head ? { pre } : {},
  }, complete && !done ? remend(text) : text)));
}

/** markdown-it with links found in text, highlight.js and KaTeX; lines of code may be elements. */
function markdownIt(body, { lines, cursor }) {
  const md = new MarkdownIt({
    linkify: true,
    highlight(code, language) {
      if (lines) {
        const rows = code.replace(/\n$/, '').split('\n').map((line, at) =>
          `<div class="line"><span class="line-number">${at + 1}</span><span>${md.utils.escapeHtml(line)}</span></div>`);
        return `<pre class="shiki"><code class="language-${language}">${rows.join('')}</code></pre>`;
      }
      return hljs.getLanguage(language) ? hljs.highlight(code, { language }).value : '';
    },
  }).use(katex.default ?? katex).use(tasks);
  return (text, done) => { body.innerHTML = md.render(text) + (cursor && !done ? '<span class="cursor">▍</span>' : ''); };
}

/** marked and DOMPurify; code has its head beside it. */
function markedPure(body, { cursor }) {
  const marked = new Marked({
    gfm: true,
    renderer: {
      code({ text, lang }) {
        const escaped = new Option(text).innerHTML;
        const name = (lang ?? '').split(/\s/)[0];
        return `<div class="code-block"><div class="code-header"><span class="lang">${name}</span><button>Copy</button></div>` +
          `<pre><code class="hljs">${escaped}\n</code></pre></div>\n`;
      },
    },
  });
  return (text, done) => {
    body.innerHTML = purify.sanitize(marked.parse(text + (cursor && !done ? '▍' : '')));
  };
}

const PAGES = {
  react: (body) => react(body, { head: false }),
  'react-head': (body) => react(body, { head: true }),
  'react-complete': (body) => react(body, { head: true, complete: true }),
  'markdown-it': (body) => markdownIt(body, {}),
  'markdown-it-lines': (body) => markdownIt(body, { lines: true, cursor: true }),
  marked: (body) => markedPure(body, {}),
  'marked-cursor': (body) => markedPure(body, { cursor: true }),
};

const settled = () => new Promise((done) => setTimeout(done));

/** Lets a text grow by `steps` on a page and gives the records that the runner sends. */
window.record = async (name, steps) => {
  const adapter = {
    locators: { answer: [{ css: '.answer' }], answer_body: [{ css: '.body' }] },
    answer: { kind: 'dom', strip: ['.cursor'] },
  };
  document.body.innerHTML = '<main></main>';
  const records = [];
  const failures = [];
  const sink = { unacked: 0, push: (record) => records.push(record) };
  const watcher = new AnswerWatcher(adapter, sink, (error) => failures.push(String(error)));
  watcher.start();
  const answer = document.createElement('div');
  answer.className = 'answer';
  answer.innerHTML = '<div class="body markdown"></div>';
  document.querySelector('main').append(answer);
  const draw = PAGES[name](answer.firstElementChild);
  for (const [at, step] of steps.entries()) {
    draw(step, at === steps.length - 1);
    await settled();
  }
  watcher.finish();
  return { records, failures };
};

window.ready = true;
