// What popup, background and page say to each other about a lesson.

import type { Adapter, Lesson, LessonReport } from '../generated/protocol';

/** A lesson as the background knows it; the page's part of it may come and go with the page. */
export interface OpenLesson {
  /** Its number, ours. */
  lesson: string;
  /** What to call the adapter; made from the page where empty. */
  name: string;
  /** The site whose adapter is repaired, and that adapter. */
  repairs?: { site: string; adapter: Adapter };
  /** What the gateway made of it so far. */
  report: LessonReport | null;
}

/** A lesson as the page saw it; the background knows the rest. */
export type SeenLesson = Omit<Lesson, 'lesson' | 'lane' | 'origin' | 'name' | 'repairs'>;

export type LessonWord =
  /** The walk is over: this is what was seen. */
  | { k: 'seen'; lesson: SeenLesson }
  /** What was understood is to be kept as a draft. */
  | { k: 'keep' }
  /** From the start. */
  | { k: 'again' }
  /** The person is done with it. */
  | { k: 'end' };
