// What models the page's sites offer, learned from the page once in its life or when somebody wants it
// again, and only while nobody uses it.

import type { Adapter } from '../generated/protocol';
import type { Offer, Told } from '../shared/channel';
import type { Changes } from './changes';
import { modelsOfMenu, modelsOnPage, readText, type Labels } from './models';
import { byRole } from './locate';
import { wayToReread, type Reread } from '../shared/reread';
import type { Tapped } from './tapped';
import type { Clock } from './tasks';

/** A person who moved the mouse or pressed a key this long ago is away. */
const AWAY_MS = 5_000;
const DOINGS = ['pointermove', 'pointerdown', 'keydown', 'wheel'];
const NONE: Labels = new Map();

export class Offering {
  private readonly known = new Map<string, Labels>();
  private readonly said = new Map<string, Told>();
  private readonly asked = new Set<string>();
  private lastSeen = -Infinity;
  private opened: Promise<void> | null = null;

  constructor(
    private readonly changes: Changes,
    private readonly tapped: Tapped,
    private readonly clock: Clock,
    /** Something was learned, or a menu was opened or closed. */
    private readonly news: () => void,
  ) {}

  start(offers: () => Offer[], signal: AbortSignal): void {
    const seen = (event: Event) => {
      if (event.isTrusted) this.lastSeen = performance.now();
    };
    for (const type of DOINGS) window.addEventListener(type, seen, { capture: true, signal });
    this.tapped.onNoticed(({ tap, text }) => {
      if (tap.purpose !== 'models') return;
      for (const offer of offers()) {
        const { source } = offer.site.adapter.models;
        const its = (offer.site.adapter.tap ?? []).some((one) => one.path === tap.path);
        if (source?.kind === 'tap' && its) this.learn(offer, ...readText(text, source));
      }
    });
  }

  /** A menu of the page is open: no turn can begin. */
  get isReading(): boolean {
    return this.opened !== null;
  }

  /** Resolves once no menu is open for us. */
  async rest(): Promise<void> {
    await this.opened;
  }

  labels(offer: Pick<Offer, 'gateway'> & { site: { name: string } }): Labels {
    return this.known.get(keyOf(offer)) ?? NONE;
  }

  names(offer: Offer): string[] {
    return [...this.labels(offer).keys()];
  }

  /** What the page says that its models can take and give. */
  told(offer: Offer): Told {
    return this.said.get(keyOf(offer)) ?? {};
  }

  /** Reads the page again, where it may. `free`: it is ready and no turn or person uses its composer. */
  async again(offer: Offer, free: boolean, standing: boolean): Promise<Reread> {
    const { adapter } = offer.site;
    const { source } = adapter.models;
    const way = wayToReread(source, free && this.isAway() && !this.opened, standing);
    if (way !== 'read') return way;
    if (source?.kind === 'page_data') this.learn(offer, ...modelsOnPage(source));
    else {
      this.opened = this.read(offer, adapter);
      this.news();
      await this.opened;
    }
    return 'read';
  }

  /** The page is ready and at rest: what it tells is read, what it hides in a menu is opened. */
  look(offer: Offer): void {
    const { adapter } = offer.site;
    const { source } = adapter.models;
    if (!source || source.kind === 'tap' || this.asked.has(keyOf(offer)) || this.opened) return;
    if (source.kind === 'page_data') {
      this.learn(offer, ...modelsOnPage(source));
    } else if (!this.isAway()) {
      this.clock.after(AWAY_MS, this.news);
    } else if (byRole(adapter, 'model_menu')) {
      this.asked.add(keyOf(offer));
      this.opened = this.read(offer, adapter);
      this.news();
    }
  }

  private async read(offer: Offer, adapter: Adapter): Promise<void> {
    try {
      this.learn(offer, await modelsOfMenu(adapter, this.changes));
    } finally {
      this.opened = null;
      this.news();
    }
  }

  private isAway(): boolean {
    return document.hidden || performance.now() - this.lastSeen > AWAY_MS;
  }

  private learn(offer: Offer, labels: Labels, told: Told = {}): void {
    if (labels.size === 0) return;
    this.asked.add(keyOf(offer));
    this.known.set(keyOf(offer), labels);
    this.said.set(keyOf(offer), told);
    this.news();
  }
}

function keyOf({ gateway, site }: Pick<Offer, 'gateway'> & { site: { name: string } }): string {
  return `${gateway} ${site.name}`;
}
