// What covers the page and may be closed, by the adapter. Whatever the adapter says: nothing that
// asks for an agreement, a password or a check is ever pressed here.

import type { Adapter } from '../generated/protocol';
import { first, isEnabled, isVisible, type Book } from './locate';
import { nameOf } from './names';
import { holdsDeep, rootsOf } from './roots';
import { hindrance } from './signals';

/** How long an overlay may take to go once it was closed. */
const GONE_MS = 2_000;

/** In an overlay of an agreement, a sign-in or a challenge. */
const BINDING =
  'input[type=checkbox],[role=checkbox],[role=switch],input[type=password],form[method=post],form[method=POST],iframe';
/** Words of agreements and checks in the languages of the browsers that most people have. */
const AGREEING =
  /\b(agree|accept|consent|allow|terms|privacy|cookies?|gdpr|captcha|robot|human|verify|password|purchase|subscribe|upgrade|pay|akzeptier\w*|zustimm\w*|einverstanden|einwillig\w*|datenschutz|nutzungsbedingungen|accepter|j.accepte|consentement|conditions|confidentialit\w*|acept(o|ar)|t[eé]rminos|privacidad|aceitar|concordo|accett\w*|acconsent\w*|termini|akkoord|zgadzam|akceptuj\w*)\b|соглас|принять|услови|конфиденциальн|同意|接受|许可|許可|条款|條款|隐私|隱私|利用規約|プライバシー|동의|약관|개인정보/i;

/** To wait until the page shows something. */
type Until = (check: () => boolean, ms: number) => Promise<unknown>;

/** Closes what covers the page, unless the page is hindered: then its human must look first. */
export async function closeOverlays(adapter: Adapter, until: Until): Promise<void> {
  for (const { shown, close } of adapter.overlays ?? []) {
    const overlay = first(adapter, [shown]);
    if (!overlay || !isVisible(overlay) || hindrance(adapter)) continue;
    const button = first(adapter, [close]) as HTMLElement | null;
    if (!button || !mayPress(overlay, button)) continue;
    button.click();
    await until(() => !covers(adapter, shown), GONE_MS);
  }
}

function covers(adapter: Book, shown: Parameters<typeof first>[1][number]): boolean {
  const overlay = first(adapter, [shown]);
  return overlay !== null && isVisible(overlay);
}

/** Whether pressing it closes something and agrees to nothing. */
export function mayPress(overlay: Element, button: Element): boolean {
  if (!isVisible(button) || !isEnabled(button)) return false;
  const around = button.closest('[role=dialog],[role=alertdialog],dialog,form') ?? overlay;
  const looked = [overlay, around].flatMap(scopesOf);
  if ([overlay, around].some((one) => one.matches(BINDING))) return false;
  if (looked.some((one) => one.querySelector(BINDING))) return false;
  return ![nameOf(button), ...looked.map(wordsIn)].some((words) => AGREEING.test(words));
}

/** An element and the open shadow roots in it. */
function scopesOf(element: Element): (Element | ShadowRoot)[] {
  const roots = [...rootsOf(element.ownerDocument)] as ShadowRoot[];
  return [element, ...roots.filter(({ host }) => host && holdsDeep(element, host))];
}

/** Its words, apart from each other also where only elements part them. */
function wordsIn(scope: Element | ShadowRoot): string {
  const words: string[] = [];
  const texts = scope.ownerDocument.createTreeWalker(scope, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) words.push(texts.currentNode.textContent ?? '');
  return words.join(' ');
}
