// @vitest-environment happy-dom
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { all, every, first, type Wanted } from '../../src/runner/locate';

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

const idOf = (...locators: Wanted[]) => first(locators)?.id;

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
    expect(every([{ css: '.none' }, { css: '.answer' }]).length).toBe(2);
  });

  test('open shadow roots are searched where the document has nothing', () => {
    const host = document.createElement('div');
    host.attachShadow({ mode: 'open' }).innerHTML = '<button id="deep">Deep</button>';
    document.body.append(host);
    vi.spyOn(performance, 'now').mockReturnValue(1e9);
    expect(all({ css: '#deep' }).map(({ id }) => id)).toEqual(['deep']);
  });
});
