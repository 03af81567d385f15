// The lessons of this browser, one a tab: begun by the popup, walked in the page, judged by a
// gateway. The background keeps them, since pages are reloaded on the way.

import type { LessonReport, NodeMessage, Site } from '../generated/protocol';
import type { Lane } from '../background/lanes';
import type { ToRunner } from '../shared/channel';
import type { LessonWord, OpenLesson } from './words';

/** What lessons need of the node. */
export interface School {
  readonly links: ReadonlyMap<string, { connected: boolean; say(message: NodeMessage): void }>;
  readonly sites: Record<string, Site[]>;
  tellTab(tab: number, message: ToRunner): void;
  /** Origins in use changed. */
  reconcile(): Promise<void>;
}

interface Kept {
  tab: number;
  origin: string;
  gateway: string;
  lesson: OpenLesson;
  /** The tab was reloaded so that the tap comes first. */
  reloaded: boolean;
}

export class Lessons {
  private readonly byTab = new Map<number, Kept>();

  constructor(private readonly school: School) {}

  /** Origins whose pages need our scripts although no site names them yet. */
  origins(): string[] {
    return [...this.byTab.values()].map(({ origin }) => origin);
  }

  /** Whether a site is the draft of a lesson that its person is at. */
  tries(site: string): boolean {
    const of = ({ lesson }: Kept) => site.startsWith('draft:') && site.endsWith(`:${lesson.lesson}`);
    return [...this.byTab.values()].some(of);
  }

  /** A person wants to teach a tab, or to repair the adapter of a site in it. */
  async begin(tab: number, origin: string, site: string): Promise<string | null> {
    const of = ([url, link]: [string, { connected: boolean }]) =>
      link.connected && (!site || this.school.sites[url]?.some(({ name }) => name === site));
    const gateway = [...this.school.links].find(of)?.[0];
    if (!gateway) return 'No gateway is connected that could learn this page.';
    const known = this.school.sites[gateway]?.find(({ name }) => name === site);
    const lesson: OpenLesson = {
      lesson: crypto.randomUUID(),
      name: known?.adapter.name ?? '',
      ...(known ? { repairs: { site, adapter: known.adapter } } : {}),
      report: null,
    };
    this.byTab.set(tab, { tab, origin, gateway, lesson, reloaded: false });
    await this.school.reconcile();
    this.tell(tab);
    return null;
  }

  /** A page of a tab is there, before it is told of any site. `tapped`: its streams can be read. */
  greet(lane: Lane, tapped: boolean): void {
    const kept = this.byTab.get(lane.tab);
    if (!kept || kept.origin !== lane.origin) return;
    if (!tapped && !kept.reloaded) {
      kept.reloaded = true;
      return void Promise.resolve(chrome.tabs.reload(lane.tab)).catch(() => {});
    }
    this.tell(lane.tab);
  }

  /** The person or the page of a tab says something of its lesson. */
  hear(lane: Lane, word: LessonWord): void {
    const kept = this.byTab.get(lane.tab);
    if (!kept || kept.origin !== lane.origin) return;
    const { lesson, name, repairs } = kept.lesson;
    const link = this.school.links.get(kept.gateway);
    switch (word.k) {
      case 'seen':
        if (!link?.connected) return this.report(kept, 'The gateway is away.');
        return link.say({
          type: 'teach',
          ...word.lesson,
          lesson,
          lane: lane.tab,
          origin: kept.origin,
          name,
          ...(repairs ? { repairs: repairs.site } : {}),
        });
      case 'keep':
        return link?.say({ type: 'keep_lesson', lesson });
      case 'again':
        link?.say({ type: 'end_lesson', lesson });
        kept.lesson = { ...kept.lesson, lesson: crypto.randomUUID(), report: null };
        return this.tell(lane.tab);
      case 'end':
        link?.say({ type: 'end_lesson', lesson });
        return this.forget(lane.tab);
    }
  }

  /** The gateway says what it made of a lesson. */
  taught(report: LessonReport): void {
    const kept = [...this.byTab.values()].find(({ lesson }) => lesson.lesson === report.lesson);
    if (!kept) return;
    kept.lesson = { ...kept.lesson, report };
    this.tell(kept.tab);
  }

  /** The tab is gone. */
  forget(tab: number): void {
    if (!this.byTab.delete(tab)) return;
    this.school.tellTab(tab, { k: 'teach', lesson: null });
    void this.school.reconcile();
  }

  private report(kept: Kept, words: string): void {
    this.taught({ lesson: kept.lesson.lesson, state: 'failed', lines: [], words });
  }

  private tell(tab: number): void {
    const kept = this.byTab.get(tab);
    if (kept) this.school.tellTab(tab, { k: 'teach', lesson: kept.lesson });
  }
}
