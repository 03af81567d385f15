// @vitest-environment happy-dom
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { all, every, first, type Book, type Wanted } from '../../src/runner/locate';
import { noteAdded } from '../../src/runner/roots';

beforeEach(() => {
  // happy-dom lays nothing out: what is not hidden by an attribute has a size.
  vi.spyOn(Element.prototype, 'getBoundingClientRect').mockReturnValue({
    width: 10,
    height: 10,
  } as DOMRect);
  Element.prototype.checkVisibility = function () {
    return this.closest('[hidden]') === null;
  };
  document.body.innerHTML = `
    <textarea id="old" hidden placeholder="Ask anything"></textarea>
    <textarea id="composer" placeholder="Ask  Anything" aria-label="Message"></textarea>
    <div id="editor" contenteditable="true" data-placeholder="Write here"></div>
    <button id="send" data-testid="send-button" disabled>Send</button>
    <button id="stop" aria-label="Stop generating" hidden></button>
    <a id="new" href="/new">New   chat</a>
    <button id="labelled" aria-labelledby="words"></button><span id="words">Nouvelle discussion</span>
    <div class="answer" id="a1">one</div><div class="answer" id="a2">two</div>`;
});

const NONE = { locators: {} };
const idOf = (...locators: Wanted[]) => first(NONE, locators)?.id;

describe('locators', () => {
  test.each<[string, Wanted, string | undefined]>([
    ['css', { css: '#composer' }, 'composer'],
    ['css that is no selector', { css: '###' }, undefined],
    ['test id', { test_id: 'send-button' }, 'send'],
    ['test id with quotes', { test_id: '"]' }, undefined],
    ['role and name by text', { role: 'link', name: ['new chat'] }, 'new'],
    ['role and name by aria-label', { role: 'button', name: ['Stop', 'stop generating'] }, 'stop'],
    [
      'role and name by aria-labelledby',
      { role: 'button', name: ['nouvelle discussion'] },
      'labelled',
    ],
    ['a role without a name', { role: 'textbox' }, 'old'],
    ['text, whole and without case', { text: ['NEW CHAT'] }, 'new'],
    ['a part of a text does not do', { text: ['new'] }, undefined],
    ['placeholder', { placeholder: ['ask anything'], visible: true }, 'composer'],
    ['placeholder of an editor', { placeholder: ['Write here'] }, 'editor'],
    ['label', { label: ['message'] }, 'composer'],
    ['hidden', { css: 'textarea', visible: false }, 'old'],
    ['enabled', { test_id: 'send-button', enabled: true }, undefined],
    ['disabled', { test_id: 'send-button', enabled: false }, 'send'],
    ['last', { css: '.answer', last: true }, 'a2'],
    ['nothing asked', {}, undefined],
  ])('%s', (_, locator, id) => expect(idOf(locator)).toBe(id));

  test('the first of a list that resolves is taken', () => {
    expect(idOf({ css: '#none' }, { css: '#send' }, { css: '#composer' })).toBe('send');
    expect(every(NONE, [{ css: '.none' }, { css: '.answer' }]).length).toBe(2);
  });

  test.each<[string, Wanted, string | undefined]>([
    ['a locator', { css: 'button', within: { css: '#bar' } }, 'in-bar'],
    ['a role', { css: 'button', within: 'scroller' }, 'in-bar'],
    ['a role within a locator', { css: 'i', within: { css: 'button', within: 'scroller' } }, 'icon'],
    ['what is not there', { css: 'button', within: { css: '#none' } }, undefined],
    ['itself', { css: '#bar', within: { css: '#bar' } }, undefined],
    ['a circle', { css: 'button', within: 'stop' }, undefined],
  ])('within %s', (_, locator, id) => {
    const stop = [{ css: 'button', within: 'stop' as const }];
    const book = { locators: { scroller: [{ css: '#bar' }], stop } } as unknown as Book;
    document.body.innerHTML =
      '<button id="out"></button><div id="bar"><button id="in-bar"><i id="icon"></i></button></div>';
    expect(first(book, [locator])?.id).toBe(id);
  });

  test('a name is what is shown, without icons', () => {
    document.body.innerHTML =
      '<button id="run"><span aria-hidden="true">play_arrow</span> Run </button><textarea id="t">Run</textarea>';
    expect(idOf({ role: 'button', name: ['run'] })).toBe('run');
    expect(idOf({ text: ['Run'] })).toBe('run');
    expect(idOf({ role: 'textbox', name: ['run'] })).toBeUndefined();
  });

  test('open shadow roots are searched with the document, in the order of the page', () => {
    vi.spyOn(performance, 'now').mockReturnValue(1e9);
    document.body.innerHTML = '<p id="a"></p><div id="host"></div><p id="d"></p>';
    const outer = shadowOf(document.querySelector('#host'), '<p id="b"></p><div id="inner"></div>');
    shadowOf(outer.querySelector('#inner'), '<p id="c"></p>');
    expect(all(NONE, { css: 'p' }).map(({ id }) => id)).toEqual(['a', 'b', 'c', 'd']);
    expect(idOf({ css: 'p', within: { css: '#host' }, last: true })).toBe('c');
  });

  test('a shadow root that comes with a change is found at once, a late one after a while', () => {
    const clock = vi.spyOn(performance, 'now').mockReturnValue(2e9);
    expect(idOf({ css: '#deep' })).toBeUndefined();
    const host = document.createElement('div');
    shadowOf(host, '<button id="deep">Deep</button>');
    document.body.append(host);
    noteAdded([{ addedNodes: [host] }] as unknown as MutationRecord[]);
    expect(idOf({ css: '#deep' })).toBe('deep');
    shadowOf(document.querySelector('#bar, #a1'), '<i id="late"></i>');
    expect(idOf({ css: '#late' })).toBeUndefined();
    clock.mockReturnValue(2e9 + 60_000);
    expect(idOf({ css: '#late' })).toBe('late');
  });

  test('no more roots than a bound are searched', () => {
    vi.spyOn(performance, 'now').mockReturnValue(3e9);
    document.body.innerHTML = '<div></div>'.repeat(5_200);
    for (const host of document.querySelectorAll('div')) shadowOf(host, '<b></b>');
    expect(all(NONE, { css: 'b' }).length).toBe(4_999);
  });
});

function shadowOf(host: Element | null, html: string): ShadowRoot {
  const root = (host as Element).attachShadow({ mode: 'open' });
  root.innerHTML = html;
  return root;
}
