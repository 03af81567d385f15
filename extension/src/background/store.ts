// What outlives the worker: gateways and sites on disk, jobs and counters until the browser closes.

import type { Site } from '../generated/protocol';
import type { Place, Remembered } from '../shared/channel';
import type { Approval } from './approvals';
import type { Gateway } from './gateway';
import type { Need } from './needs';

/** A turn as the background remembers it: enough to never give it twice and to fail it cleanly. */
export interface JobRecord {
  job: string;
  gateway: string;
  site: string;
  tab: number;
  /** The page took the prompt. */
  accepted: boolean;
  /** The page may have taken it: it was about to be sent. */
  sent: boolean;
  /** Number of the last frame sent to the gateway. */
  sentSeq: number;
  /** When its page was done, in ms since 1970; 0 while the turn runs. */
  finishedAt: number;
}

/** Where a turn was sent; no text of it. It outlives the browser, so that its answer can be read. */
export interface SentTurn extends Place {
  gateway: string;
  site: string;
  /** In ms since 1970. */
  at: number;
}

export interface Counters {
  turns: number;
  failures: number;
  frames: number;
}

interface Disk {
  gateways: Gateway[];
  /** Sites by the gateway's address. */
  sites: Record<string, Site[]>;
  /** What the owner lets adapters touch. */
  approvals: Approval[];
  paused: boolean;
  /** Its owner lets gateways have a picture of a page that needs them: boxes, no text. */
  pictures: boolean;
  label: string;
  /** The gateway of the order that this profile had last. */
  fleet: string;
  /** Where turns were sent, by job. */
  places: Record<string, SentTurn>;
}

interface Session {
  jobs: JobRecord[];
  /** Ids of turns that are over, the last ones. */
  over: string[];
  counters: Counters;
  /** Tabs that were reloaded once so that the tap comes first. */
  reloaded: number[];
  /** What sites had before requests changed it, by gateway and site. */
  remembered: Record<string, Remembered>;
  /** Tabs that an order had opened, by origin. */
  opened: Record<string, number[]>;
  /** What its human is needed for. */
  needs: Need[];
}

const DISK: Disk = {
  gateways: [],
  sites: {},
  approvals: [],
  paused: false,
  pictures: false,
  label: '',
  fleet: '',
  places: {},
};
const SESSION: Session = {
  jobs: [],
  over: [],
  counters: { turns: 0, failures: 0, frames: 0 },
  reloaded: [],
  remembered: {},
  opened: {},
  needs: [],
};

export async function loadDisk(): Promise<Disk> {
  return { ...DISK, ...((await chrome.storage.local.get(null)) as Partial<Disk>) };
}

export async function saveDisk(some: Partial<Disk>): Promise<void> {
  await chrome.storage.local.set(some);
}

export async function loadSession(): Promise<Session> {
  return { ...SESSION, ...((await chrome.storage.session.get(null)) as Partial<Session>) };
}

export async function saveSession(some: Partial<Session>): Promise<void> {
  await chrome.storage.session.set(some);
}
