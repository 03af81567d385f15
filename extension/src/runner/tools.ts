// The client's tools in the page's own dialog. What the page had before we first touched it is put
// back for a turn without tools, as its settings are.

import type { PageTools } from '../generated/protocol';
import type { Act } from './act';
import { CONTROLS, fill, isOn, Unfit } from './controls';
import { Fault } from './fault';
import { pressOn } from './gestures';
import { first, isEnabled, isVisible, type Wanted } from './locate';
import { failure, MAX_WORDS } from './signals';
import { holds, textOf } from './text';

/** What the switch and the editor had. */
const SWITCH = 'tools.switch';
const TEXT = 'tools.text';
/** How long a part of the dialog may take to show, or to go. */
const SHOWN_MS = 3_000;

/** Gives the page the job's tools, or puts back what it had. */
export async function setTools(act: Act): Promise<void> {
  const dialog = act.adapter.tools;
  const { tools: asked } = act.job;
  const { memory } = act.stage;
  if (!dialog) {
    if (asked === undefined) return;
    throw refused('toggle', 'is none that the adapter knows');
  }
  const own = memory.get(SWITCH);
  if (asked === undefined && own === undefined) return;
  const hand = new Hand(act, dialog);
  const toggle = await hand.toggle();
  if (!toggle) {
    // A switch that the page does not show now has no say in this turn; it is put back later.
    if (asked === undefined) return;
    throw refused('toggle', 'is not on the page');
  }
  if (asked !== undefined) {
    memory.keep(SWITCH, isOn(toggle) ? 'on' : 'off');
    await hand.turn(toggle, 'on');
    return hand.write(asked, (text) => memory.keep(TEXT, text));
  }
  const text = memory.get(TEXT);
  // What was never there is switched off: some dialogs save no empty list.
  if (text !== undefined && text !== '') {
    await hand.turn(toggle, 'on');
    await hand.write(text, () => {});
  }
  await hand.turn((await hand.toggle()) ?? toggle, own === 'on' ? 'on' : 'off');
  memory.forget(TEXT);
  memory.forget(SWITCH);
}

/** What is done in the dialog. */
class Hand {
  constructor(
    private readonly act: Act,
    private readonly dialog: PageTools,
  ) {}

  async toggle(): Promise<HTMLElement | null> {
    const { toggle, open } = this.dialog;
    const there = this.usable(toggle);
    if (there) return there;
    const opener = open?.length ? this.usable(open) : null;
    if (opener) pressOn(opener);
    return this.until(() => this.usable(toggle));
  }

  /** A page that was just loaded may not listen to its switch yet: it is pressed once more. */
  async turn(toggle: HTMLElement, wanted: 'on' | 'off', again = true): Promise<void> {
    try {
      await CONTROLS.toggle.write(toggle, wanted, (check, ms) => this.act.until(check, Math.min(ms, this.act.left())));
    } catch (error) {
      if (!(error instanceof Unfit)) throw error;
      if (!again) throw refused('toggle', error.message);
      await this.turn((await this.toggle()) ?? toggle, wanted, false);
    }
  }

  /** Opens the dialog, writes the declarations, and sees that the page has taken them. */
  async write(text: string, before: (held: string) => void): Promise<void> {
    await this.press('edit');
    try {
      const editor = await this.editor();
      before(textOf(editor));
      // An editing command makes trusted events like a person's.
      if (!holds(editor, text)) this.act.stage.human.notHuman(() => fill(editor, text));
      if (!(await this.until(() => this.holds(text)))) throw refused('editor', 'did not take the declarations');
      await this.press('save');
      const closed = () => !this.usable(this.dialog.editor) || this.complaint() !== null;
      if (!(await this.until(closed))) throw refused('save', 'leaves the dialog open');
      const words = this.complaint();
      if (words !== null) throw refused('error', 'refused the declarations', words);
      if (!isOn(first(this.act.adapter, this.dialog.toggle) as HTMLElement)) throw refused('toggle', 'went off again');
    } catch (error) {
      await this.leave();
      throw error;
    }
  }

  private async editor(): Promise<HTMLElement> {
    const { editor, tab } = this.dialog;
    const shown = () => this.usable(editor);
    const there = await this.until(() => shown() ?? (tab?.length ? this.usable(tab) : null));
    if (there && !shown()) pressOn(there);
    const found = await this.until(shown);
    if (!found) throw refused('editor', 'does not show');
    return found;
  }

  private holds(text: string): boolean {
    const editor = this.usable(this.dialog.editor);
    return editor !== null && holds(editor, text);
  }

  /** What the dialog says against the declarations. */
  private complaint(): string | null {
    const { error } = this.dialog;
    const shown = error?.length ? first(this.act.adapter, error) : null;
    if (!shown || !isVisible(shown)) return null;
    const words = (shown.textContent ?? '').trim();
    return words === '' ? null : words.slice(0, MAX_WORDS);
  }

  private async press(what: 'edit' | 'save'): Promise<void> {
    const button = await this.until(() => this.usable(this.dialog[what]));
    if (!button) throw refused(what, 'cannot be used');
    pressOn(button);
  }

  /** The dialog goes without having taken anything. */
  private async leave(): Promise<void> {
    const close = this.usable(this.dialog.close);
    if (!close || this.act.signal.aborted) return;
    pressOn(close);
    await this.until(() => !this.usable(this.dialog.editor)).catch(() => {});
  }

  private usable(locators: Wanted[]): HTMLElement | null {
    const found = first(this.act.adapter, locators);
    return found && isVisible(found) && isEnabled(found) ? (found as HTMLElement) : null;
  }

  private until<T>(check: () => T | null | false): Promise<T | null> {
    return this.act.until(check, Math.min(SHOWN_MS, this.act.left()));
  }
}

function refused(part: keyof PageTools, why: string, site_words?: string): Fault {
  const words = `The page’s dialog for tools: its ${part} ${why}.`;
  const said = site_words === undefined ? {} : { site_words };
  return new Fault(failure('tools_refused', words, { locator: `tools.${part}`, ...said }));
}
