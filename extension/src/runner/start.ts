// A new chat where the job wants one.

import { click, type Act } from './act';
import { answers } from './dom';
import { Fault } from './fault';
import { byRole } from './locate';
import { isAt, placeOf } from './place';
import { failure, isOutdated } from './signals';
import { makeTemporary, temporarySwitch } from './temporary';

/** How long a page may take to show a conversation that it was opened at. */
const SHOWN_MS = 15_000;
/** How long it must show as many answers. */
const STEADY_MS = 700;

/**
 * Begins the chat that the job wants; whether the page has just begun it. `opened`: the page was opened
 * for it, so it shows a new one.
 */
export async function startChat(act: Act, opened: boolean): Promise<boolean> {
  const { job, stage } = act;
  if (job.place !== undefined) return openPlace(act, job.place, opened);
  if (job.after !== undefined) {
    if (!opened && !isWorn(act) && stage.standsAfter(job.after)) return false;
    const words = 'The page does not show the conversation any more.';
    throw new Fault(failure('conversation_lost', words));
  }
  if (job.conversation === 'continue') return opened;
  const began = opened || (await newChat(act));
  await makeTemporary(act);
  return began;
}

/** Opens the conversation that the job names; only where the page shows it is anything typed there. */
async function openPlace(act: Act, place: string, opened: boolean): Promise<boolean> {
  const { adapter, stage } = act;
  const isThere = () => location.pathname + location.search === place;
  if (!opened && (!isThere() || isWorn(act))) {
    stage.navigate(place);
    // The page goes, and this runner with it.
    await act.until(() => false);
    throw new Fault(failure('not_started', 'The page did not open the conversation.'));
  }
  // What is still being drawn would pass for an answer to the prompt.
  let count = 0;
  let since = performance.now();
  const isSteady = () => {
    const now = answers(adapter).length;
    if (now !== count) since = performance.now();
    count = now;
    return isThere() && count > 0 && performance.now() - since >= STEADY_MS;
  };
  if (!(await act.until(isSteady, Math.min(SHOWN_MS, act.left())))) {
    const words = 'The page does not show the pinned conversation.';
    throw new Fault(failure('conversation_lost', words));
  }
  return opened;
}

/** Begins a new chat, unless the page shows one. */
async function newChat(act: Act): Promise<boolean> {
  const { adapter, job, stage } = act;
  // A page that shows no answer shows a new chat.
  const isFresh = () => answers(adapter).length === 0;
  const there = isAt(adapter, job);
  // A turn that failed may have left its switch where it no longer tells.
  const switchable = !adapter.temporary_chat || temporarySwitch(act) !== null;
  if (there && isFresh() && switchable && !isWorn(act)) return false;
  if (adapter.new_chat === 'navigate' || !there || isWorn(act)) {
    stage.navigate(placeOf(adapter, job));
    // The page goes, and this runner with it.
    await act.until(() => false);
    throw new Fault(failure('not_started', 'The page did not open its start path.'));
  }
  await act.press('new_chat');
  if (adapter.locators.new_chat_confirm) {
    const confirm = () => byRole(adapter, 'new_chat_confirm');
    await act.until(() => isFresh() || confirm());
    if (!isFresh()) click(confirm());
  }
  if (!(await act.until(isFresh))) {
    throw new Fault(failure('not_started', 'The page did not begin a new chat.'));
  }
  return true;
}

/** Whether the page is to be opened anew first: it asks for it, or it has seen its number of turns. */
function isWorn({ adapter, stage }: Act): boolean {
  const { reopen_after } = adapter.limits;
  return isOutdated(adapter) || (reopen_after > 0 && stage.turnsBefore >= reopen_after);
}
