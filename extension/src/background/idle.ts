// Tabs that nobody has used for long, loaded again at a gateway's word: the runner says that nobody
// has touched the page, and nobody looks at it.

import type { GatewayMessage, Site } from '../generated/protocol';
import type { FromRunner } from '../shared/channel';
import type { GatewayLink } from './gateway';
import type { Lane, Lanes } from './lanes';

/** A runner that answers later than this speaks of another moment. */
const ANSWER_MS = 10_000;

type Word = Extract<GatewayMessage, { type: 'reload_idle' }>;
type Answer = Extract<FromRunner, { k: 'untouched' }>;

/** What is needed of the node and the browser; a test gives its own. */
export interface Care {
  readonly lanes: Pick<Lanes, 'get' | 'seat' | 'tell'>;
  readonly sites: Record<string, Site[]>;
  /** Whether a turn has the tab. */
  works(tab: number): boolean;
  /** Whether its person looks at the tab now. */
  watched(tab: number): Promise<boolean>;
  reload(tab: number): Promise<void>;
  now(): number;
}

export class Idle {
  /** Tabs whose runners were asked: for which gateway, and when. */
  private readonly asked = new Map<number, { gateway: string; at: number }>();

  constructor(private readonly care: Care) {}

  /** A gateway's word: the page is asked first. */
  take({ gateway: { url } }: GatewayLink, { site, lane, idle_ms }: Word): void {
    const found = this.care.sites[url]?.find(({ name }) => name === site);
    if (!found || !this.isIdle(url, found, lane)) return;
    this.asked.set(lane, { gateway: url, at: this.care.now() });
    this.care.lanes.tell(lane, { k: 'untouched', gateway: url, site, ms: idle_ms });
  }

  /** The page is ready, and nobody has touched it for as long. */
  async answered(lane: Lane, { gateway, site }: Answer): Promise<void> {
    const { tab } = lane;
    const asked = this.asked.get(tab);
    this.asked.delete(tab);
    if (asked?.gateway !== gateway || this.care.now() - asked.at > ANSWER_MS) return;
    if (await this.care.watched(tab)) return;
    // Meanwhile a turn may have come, or another page.
    const found = this.care.sites[gateway]?.find(({ name }) => name === site);
    if (!found || this.care.lanes.get(tab) !== lane || !this.isIdle(gateway, found, tab)) return;
    await this.care.reload(tab);
  }

  private isIdle(gateway: string, site: Site, tab: number): boolean {
    if (this.care.works(tab)) return false;
    const { state, lanes } = this.care.lanes.seat(gateway, site, null);
    return state === 'ready' && lanes.some((one) => one.lane === tab && one.state === 'idle');
  }
}

/** Whether a tab is the one that a person looks at: in front, in the window that has the keyboard. */
export async function watched(tab: number): Promise<boolean> {
  try {
    const { active, windowId } = await chrome.tabs.get(tab);
    return active && (await chrome.windows.get(windowId)).focused;
  } catch {
    // It is going: nothing is to be done to it.
    return true;
  }
}
