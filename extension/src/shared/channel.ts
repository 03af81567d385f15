// What the parts of the extension say to each other. The page hears none of it but the tap's words.

import type {
  Capability,
  Diagnosis,
  Harvest,
  Job,
  NodeFailure,
  SeatState,
  Site,
  Tap,
} from '../generated/protocol';
import type { LessonWord, OpenLesson } from '../teach/words';
import type { Reread } from './reread';

/** Name of the Port between a page's runner and the background. */
export const LANE_PORT = 'lane';
/** Name of the Port between the popup and the background. */
export const POPUP_PORT = 'popup';

/** By which the tap shows the runner a file field that is in no document. */
export const FIELD_EVENT = 'tabway-file-field';

/** A site as one gateway pushed it. */
export interface Offer {
  /** The gateway's socket address. */
  gateway: string;
  site: Site;
}

/** How a turn ended. */
export type Outcome =
  | { kind: 'done'; cancelled: boolean }
  | { kind: 'failed'; accepted: boolean; failure: NodeFailure };

/** What a page says that its models can take and give. */
export type Told = Record<string, Partial<Record<Capability, boolean>>>;

/** What one site sees in this tab. */
export interface Verdict {
  gateway: string;
  site: string;
  /** The page is the site's: a lane. */
  lane: boolean;
  state: SeatState;
  detail: string;
  /** Models that the page itself told. */
  models: string[];
  /** What it says that they can take and give. */
  told: Told;
}

/** What the page shows, for every site of its origin. */
export interface PageReport {
  verdicts: Verdict[];
  /** A turn runs. */
  busy: boolean;
  /** Its human uses the composer. */
  yielded: boolean;
  /** The turn after which it stands untouched, and whose it was. */
  standing: { gateway: string; job: string } | null;
}

/** What a site had before requests changed it, by what was changed. */
export type Remembered = Record<string, string>;

/** Where a turn's answer will be: what a harvest needs to find it again. */
export interface Place {
  /** Path, query and fragment of the conversation. */
  place: string;
  /** Answers that the conversation showed before the turn. */
  before: number;
  /** By which its prompt is known again; see `printOf`. */
  print: string;
}

/** A turn that the runner still holds. */
export interface HeldJob {
  gateway: string;
  job: string;
  accepted: boolean;
  /** Where it was about to be sent, or was. */
  sending: Place | null;
  lastSeq: number;
  finished: boolean;
}

export type FromRunner =
  /** First word on every Port, also after the worker slept. `tapped`: the tap was there in time. */
  | { k: 'hello'; tapped: boolean; held: HeldJob[] }
  | { k: 'report'; report: PageReport }
  /** The prompt is about to be sent, which waits for the answer `send`. */
  | { k: 'sending'; job: string; at: Place }
  /** The page of a turn that was sent has another address now. */
  | { k: 'moved'; job: string; at: Place }
  | { k: 'accepted'; job: string }
  /** Frames in base64; `run` is that of the last `resend`. */
  | { k: 'frames'; job: string; run: number; last: number; frames: string[] }
  /** What the page shows: an answer, or said before a turn that fails on it. */
  | { k: 'diagnosis'; gateway: string; diagnosis: Diagnosis }
  | { k: 'finished'; job: string; run: number; lastSeq: number; outcome: Outcome }
  /** The page is to be opened anew at the site's start path; nothing was typed yet. */
  | { k: 'navigate'; job: string; place: string }
  /** A turn left files in the page, or an answer that it cannot stop: the page is to be opened anew. */
  | { k: 'reopen'; gateway: string; site: string }
  /** What the site had before requests changed it. */
  | { k: 'remember'; key: string; values: Remembered }
  /** The page may be reloaded so that the tap comes first: nobody has written anything in it. */
  | { k: 'reloadable' }
  /** Answer to `reread`; its report came before. */
  | { k: 'reread'; gateway: string; request: string; site: string; way: Reread }
  /** Answer to `untouched`, where it is so. */
  | { k: 'untouched'; gateway: string; site: string }
  /** What a lesson in the page has come to. */
  | { k: 'lesson'; word: LessonWord }
  | { k: 'timer'; id: number; ms: number };

export type ToRunner =
  | { k: 'offers'; offers: Offer[] }
  /** `opened`: the page was just opened at the start path for this job. */
  | { k: 'job'; gateway: string; job: Job; site: Site; opened: boolean; memory: Remembered }
  /** That the prompt is sent is written down: it may be. */
  | { k: 'send'; job: string }
  /** Read the answer of a lost turn. The page was just opened for it. */
  | { k: 'harvest'; gateway: string; harvest: Harvest; site: Site; at: Place }
  /** The turn is read elsewhere: hands off, and let the page write. */
  | { k: 'leave'; job: string }
  /** A piece of a file, in base64, before its job. */
  | { k: 'file'; job: string; file: number; bytes: string }
  | { k: 'cancel'; job: string }
  /** Say what the page shows of the site, once it shows what its self-test wants or the time is over. */
  | { k: 'diagnose'; gateway: string; request: string; site: Site; waitMs: number }
  /** Read again what models the page offers, if nobody uses it. */
  | { k: 'reread'; gateway: string; request: string; site: string }
  /** Say so if the page is ready for the site and nobody has touched it for so long. */
  | { k: 'untouched'; gateway: string; site: string; ms: number }
  | { k: 'ack'; job: string; seq: number }
  /** Send every frame after `after` again, and mark what follows with `run`. */
  | { k: 'resend'; job: string; after: number; run: number }
  | { k: 'forget'; job: string }
  /** The lesson of this tab, or that there is none any more. */
  | { k: 'teach'; lesson: OpenLesson | null }
  | { k: 'timer'; id: number };

/** What the runner tells the tap. The page could read it: it holds no secret of the gateway. */
export type ToTap =
  /**
   * Streams to follow although no turn runs: those that outlive turns, lists of models, uploads.
   * `list` is the number of this word.
   */
  | { k: 'watch'; list: number; taps: Tap[] }
  /** Files are added for a turn, or no more: the page's fields open no picker meanwhile. */
  | { k: 'pickers'; turn: number; held: boolean }
  /** A turn begins. */
  | { k: 'arm'; turn: number; taps: Tap[]; prompt: string }
  /** It is over: what follows is nobody's. */
  | { k: 'disarm'; turn: number };

export type FromTap =
  /** Answer to `arm`, `disarm` and `pickers`: everything said before belongs to before. */
  | { k: 'ready'; turn: number; armed: boolean }
  /** A request of a watched tap was answered: what came, or nothing where only its status counts. */
  | { k: 'noticed'; list: number; tap: number; status: number; text: string }
  /** The page asked for a stream of the turn, or sent the prompt to where it is taken. */
  | { k: 'request'; turn: number; tap: number }
  /** What takes the prompt answered. */
  | { k: 'status'; turn: number; tap: number; status: number }
  /** A stream of a tap sent the prompt. */
  | { k: 'sent'; turn: number; tap: number }
  /** `own`: opened by the turn, not one that outlives turns. */
  | {
      k: 'open';
      turn: number;
      stream: number;
      tap: number;
      status: number;
      own: boolean;
      method: string;
      path: string;
    }
  | { k: 'bytes'; turn: number; stream: number; bytes: Uint8Array }
  | { k: 'text'; turn: number; stream: number; text: string }
  | { k: 'close'; turn: number; stream: number; failed: boolean };
