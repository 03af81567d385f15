// The card that leads through a lesson: drawn over the page, in a closed root of ours that the page
// neither sees nor styles. Only a person's own clicks count in it.

import type { LessonLine } from '../generated/protocol';

const STYLE = `
  :host { all: initial; position: fixed; right: 16px; top: 16px; z-index: 2147483647; }
  .card {
    box-sizing: border-box; width: 320px; max-height: 80vh; overflow: auto; padding: 14px 16px;
    border-radius: 12px; border: 2px solid #6d5efc; background: #fff; color: #1b1b2f;
    font: 14px/1.45 system-ui, sans-serif; box-shadow: 0 8px 32px rgb(0 0 0 / 28%);
  }
  h2 { margin: 0 0 6px; font-size: 15px; color: #4a3de0; }
  p { margin: 0 0 8px; }
  .problem { color: #b3261e; font-weight: 600; }
  dl { margin: 0 0 8px; display: grid; grid-template-columns: auto 1fr; gap: 2px 10px; font-size: 12px; }
  dt { color: #5b5b70; }
  dd { margin: 0; overflow-wrap: anywhere; }
  .row { display: flex; gap: 8px; flex-wrap: wrap; }
  button {
    all: unset; cursor: pointer; padding: 6px 12px; border-radius: 8px; background: #ebe9ff;
    color: #2c2396; font-weight: 600;
  }
  button:focus-visible { outline: 2px solid #2c2396; }
  button.main { background: #6d5efc; color: #fff; }`;

/** What the card shows. */
export interface Shown {
  title: string;
  words: string;
  problem?: string;
  lines?: LessonLine[];
  buttons: { words: string; main?: boolean; press: () => void }[];
}

export class Card {
  private readonly host = document.createElement('tabway-lesson');
  private readonly root = this.host.attachShadow({ mode: 'closed' });
  private readonly card = document.createElement('div');

  constructor() {
    const style = document.createElement('style');
    style.textContent = STYLE;
    this.card.className = 'card';
    this.card.setAttribute('role', 'dialog');
    this.root.append(style, this.card);
  }

  /** Whether an event's way leads through the card. */
  owns(event: Event): boolean {
    return event.composedPath().includes(this.host);
  }

  show({ title, words, problem, lines, buttons }: Shown): void {
    this.keep();
    const parts: Node[] = [make('h2', title), make('p', words)];
    if (problem) {
      const shown = make('p', problem);
      shown.className = 'problem';
      parts.push(shown);
    }
    if (lines && lines.length > 0) {
      const list = document.createElement('dl');
      for (const { what, found } of lines) list.append(make('dt', what), make('dd', found));
      parts.push(list);
    }
    const row = document.createElement('div');
    row.className = 'row';
    for (const { words, main, press } of buttons) {
      const button = make('button', words) as HTMLButtonElement;
      button.type = 'button';
      if (main) button.className = 'main';
      button.addEventListener('click', (event) => {
        // The page may dispatch what it likes, but it cannot click as a person does.
        if (event.isTrusted) press();
      });
      row.append(button);
    }
    parts.push(row);
    this.card.replaceChildren(...parts);
    this.card.setAttribute('aria-label', title);
  }

  /** Pages that draw themselves anew take it away. */
  keep(): void {
    if (!this.host.isConnected) document.documentElement?.append(this.host);
  }

  hide(): void {
    this.host.remove();
  }
}

function make(tag: string, words: string): HTMLElement {
  const element = document.createElement(tag);
  element.textContent = words;
  return element;
}
