// Files into the page: by its field, by a drop, by a paste; one way after the other until it shows them.

import type { FileWay } from '../generated/protocol';
import type { Act } from './act';
import { Fault } from './fault';
import { leaveOverlay, pressOn } from './gestures';
import { byRole, every, isVisible } from './locate';
import { failure } from './signals';

/** How long a page may take to make its field, also once what hides it was opened. */
const FIELD_MS = 2_000;
/** How long a page may take to show that it took a file at all, before another way is tried. */
const REACTION_MS = 4_000;

/** Adds the job's files to the prompt. Throws when the page did not take one. */
export async function attachFiles(act: Act, files: File[]): Promise<void> {
  if (files.length === 0) return;
  const offer = act.adapter.files;
  if (!offer) throw refused('The adapter names no way for files.');
  const shown = new Shown(act);
  const end = await act.stage.pickers.keepClosed();
  try {
    let ways = offer.by;
    for (const some of batches(act, files)) ways = [await attach(act, some, ways, shown)];
    await settled(act, shown);
  } finally {
    end();
    shown.stop();
  }
}

/** A field for one file gets one after the other; pages that take several show them one by one. */
function batches({ adapter }: Act, files: File[]): File[][] {
  const field = byRole(adapter, 'file_input');
  const several = (field as HTMLInputElement | null)?.multiple === true;
  return several ? [files] : files.map((file) => [file]);
}

/** Adds files by the first way that the page takes; which it was. */
async function attach(
  act: Act,
  files: File[],
  ways: FileWay[],
  shown: Shown,
): Promise<FileWay> {
  for (const way of ways) {
    act.signal.throwIfAborted();
    const before = shown.count();
    const given = await (way === 'input' ? intoField(act, files) : onto(act, way, files));
    if (!given) continue;
    const reacted = await act.until(
      () => shown.trouble() !== null || shown.count() > before || shown.isBusy(),
      Math.min(REACTION_MS, act.left()),
    );
    if (!reacted && !shown.isBlind) continue;
    const most = Math.min(act.adapter.files?.wait_ms ?? REACTION_MS, act.left());
    const whole = () => shown.trouble() !== null || shown.count() >= before + files.length;
    const took = shown.isBlind || (await act.until(whole, most));
    shown.throwTrouble();
    if (took) return way;
    break;
  }
  const names = files.map(({ name }) => name).join(', ');
  throw refused(`The page did not take ${names}.`);
}

/** Into the page's field, which some pages make only when asked for it. */
async function intoField(act: Act, files: File[]): Promise<boolean> {
  const { adapter } = act;
  const find = () => {
    const found = byRole(adapter, 'file_input') ?? act.stage.pickers.lastField();
    return (found as HTMLInputElement | null)?.type === 'file' ? (found as HTMLInputElement) : null;
  };
  let field = find();
  const opener = byRole(adapter, 'attach');
  if (!field) {
    if (opener) pressOn(opener);
    // A page that was just opened may show its composer before the rest.
    field = await act.until(find, Math.min(FIELD_MS, act.left()));
  }
  if (!field) return false;
  field.files = carrying(files).files;
  for (const type of ['input', 'change']) {
    field.dispatchEvent(new Event(type, { bubbles: true, composed: true }));
  }
  leaveOverlay(opener);
  return true;
}

function onto(act: Act, way: 'drop' | 'paste', files: File[]): boolean {
  const composer = byRole(act.adapter, 'composer');
  const target = way === 'drop' ? (byRole(act.adapter, 'drop_zone') ?? composer) : composer;
  if (!target) return false;
  const init = { bubbles: true, cancelable: true, composed: true };
  if (way === 'paste') {
    (target as HTMLElement).focus({ preventScroll: true });
    target.dispatchEvent(pasting(files, init));
    return true;
  }
  const dataTransfer = carrying(files);
  for (const type of ['dragenter', 'dragover', 'drop']) {
    target.dispatchEvent(new DragEvent(type, { ...init, dataTransfer }));
  }
  return true;
}

/** Firefox takes no data that was made before the event: it is put into the event's own. */
function pasting(files: File[], init: EventInit): ClipboardEvent {
  if (!__FIREFOX__) return new ClipboardEvent('paste', { ...init, clipboardData: carrying(files) });
  const event = new ClipboardEvent('paste', init);
  const own = event as ClipboardEvent & { wrappedJSObject: ClipboardEvent };
  for (const file of files) own.wrappedJSObject.clipboardData?.items.add(file);
  return event;
}

/**
 * Files as a person's drop or paste carries them. Firefox lets a page read only what was put in with
 * the page's own rights: there its own constructor and methods are called, which have them.
 */
function carrying(files: File[]): DataTransfer {
  const { DataTransfer: Carrier } = __FIREFOX__ ? window.wrappedJSObject : window;
  const data = new Carrier();
  for (const file of files) data.items.add(file);
  return data;
}

/** The page has taken all, and nothing is under way any more. */
async function settled(act: Act, shown: Shown): Promise<void> {
  const most = Math.min(act.adapter.files?.wait_ms ?? REACTION_MS, act.left());
  const rests = await act.until(() => shown.trouble() !== null || !shown.isBusy(), most);
  shown.throwTrouble();
  if (!rests) throw refused('The page did not finish taking the files.');
}

/** What the page shows of files. */
class Shown {
  private uploads = 0;
  private failed = 0;
  private readonly before: number;
  private readonly oldTrouble: string | null;
  private readonly undo: () => void;
  private readonly watchesUploads: boolean;

  constructor(private readonly act: Act) {
    const { adapter, stage } = act;
    this.watchesUploads = (adapter.tap ?? []).some(({ purpose }) => purpose === 'upload');
    this.before = this.previews();
    this.oldTrouble = this.words();
    this.undo = stage.tapped.onNoticed(({ tap, status }) => {
      if (tap.purpose !== 'upload') return;
      if (status >= 200 && status < 300) this.uploads += 1;
      else this.failed = status;
      stage.changes.notify();
    });
  }

  stop(): void {
    this.undo();
  }

  /** The adapter names nothing by which a taken file could be seen. */
  get isBlind(): boolean {
    return !this.act.adapter.locators.attach_preview && !this.watchesUploads;
  }

  /** Files that the page has taken since the beginning. */
  count(): number {
    const previews = this.previews() - this.before;
    return this.act.adapter.locators.attach_preview ? previews : this.uploads;
  }

  isBusy(): boolean {
    return every(this.act.adapter, this.act.adapter.locators.attach_busy ?? []).some(isVisible);
  }

  /** What the page says against a file; null for nothing. */
  trouble(): string | null {
    if (this.failed > 0) return '';
    const words = this.words();
    return words === this.oldTrouble ? null : words;
  }

  throwTrouble(): void {
    const words = this.trouble();
    if (words === null) return;
    const message = this.failed > 0 ? `The upload failed with status ${this.failed}.` : '';
    throw refused(message || 'The page refused a file.', words);
  }

  private previews(): number {
    return every(this.act.adapter, this.act.adapter.locators.attach_preview ?? []).filter(isVisible).length;
  }

  private words(): string | null {
    const shown = every(this.act.adapter, this.act.adapter.locators.attach_error ?? []).find(isVisible);
    return shown ? (shown.textContent ?? '').replace(/\s+/g, ' ').trim().slice(0, 500) : null;
  }
}

function refused(message: string, words = ''): Fault {
  return new Fault(failure('file_refused', message, { site_words: words }));
}
