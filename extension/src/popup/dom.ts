// How the popup's parts make and find elements. Text is text: nothing here takes HTML.

export function byId<Kind extends HTMLElement>(id: string): Kind {
  const element = document.getElementById(id);
  if (!element) throw new Error(`the popup has no #${id}`);
  return element as Kind;
}

export function make(
  tag: string,
  properties: Record<string, string> = {},
  ...inside: (Node | string)[]
): HTMLElement {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) element.setAttribute(name, value);
  element.append(...inside);
  return element;
}

export function quiet(words: string): HTMLElement {
  return make('p', { class: 'quiet' }, words);
}

export function pill(state: string): HTMLElement {
  return make('span', { class: 'pill', 'data-state': state }, state.replaceAll('_', ' '));
}

export function button(words: string, testId: string, action: () => void): HTMLElement {
  const made = make('button', { type: 'button', class: 'plain', 'data-testid': testId }, words);
  made.addEventListener('click', action);
  return made;
}

export function problem(words: string): void {
  byId('problem').textContent = words;
  byId('problem').hidden = false;
}
