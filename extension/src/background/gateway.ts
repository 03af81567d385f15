// The socket to one gateway: challenge, proof, pairing, welcome; kept open, opened again.

import {
  CLOSE_BAD_MESSAGE,
  CLOSE_REFUSED,
  CLOSE_SUPERSEDED,
  CLOSE_UNPAIRED,
  CLOSE_VERSION,
  HEARTBEAT_SECONDS,
  PROTOCOL_VERSION,
  type Ability,
  type GatewayMessage,
  type NodeMessage,
  type Site,
} from '../generated/protocol';
import { ABILITIES, knownAbilities } from './abilities';
import { Backoff } from './backoff';
import type { Identity } from './identity';
import { readMessage, type Novelty } from './wire';

/** What is remembered of a gateway. */
export interface Gateway {
  /** The socket's address; the name by which everything here knows it. */
  url: string;
  /** Its owner said that the network between is to be trusted without TLS. */
  insecureLan: boolean;
  /** The gateway's id, once paired. */
  id?: string;
  /** Our id there, once paired. */
  node?: string;
}

export type LinkState =
  | 'connecting'
  /** The code was good; the owner compares fingerprints. */
  | 'pairing'
  | 'connected'
  /** Lost or not reached; it will be tried again. */
  | 'waiting'
  /** The gateway said no; a person must act. */
  | 'refused'
  /** The same node is connected from elsewhere. */
  | 'superseded'
  /** Extension and gateway are of different ages. */
  | 'outdated';

/** What the link needs from around it; a test gives its own. */
export interface Surroundings {
  identity: Identity;
  browser: string;
  label: () => string;
  connect: (url: string) => WebSocket;
  now: () => number;
  after: (ms: number, callback: () => void) => () => void;
}

/** What happens on a link that is in. */
export interface LinkEvents {
  welcomed(link: GatewayLink, sites: Site[]): void;
  heard(link: GatewayLink, message: GatewayMessage): void;
  /** A piece of a file for a turn that is yet to be ordered. */
  brought(frame: Uint8Array<ArrayBuffer>): void;
  /** The state changed; a socket that was in may be gone. */
  changed(link: GatewayLink): void;
}

/** A silent socket is dead after this many heartbeats. */
const MISSED_BEATS = 2.5;
/** A handshake that hangs is given up. */
const HANDSHAKE_MS = 15_000;
/** How long to leave a gateway alone that told us to go. */
const OUTDATED_MS = 600_000;
const CHECK_MS = 5_000;

export class GatewayLink {
  state: LinkState = 'waiting';
  /** Words for the popup. */
  detail = '';
  fingerprint = '';
  /** The newest extension that the gateway carries; empty until it has said so. */
  carries = '';
  /** What the gateway understands beyond the first words of the protocol. */
  understands: ReadonlySet<Ability> = new Set();
  private socket: WebSocket | null = null;
  private readonly backoff = new Backoff();
  private undoRetry: () => void = () => {};
  private undoCheck: () => void = () => {};
  /** One side took the other's words for none: a welcome alone does not mean that all is well. */
  private misunderstood = false;
  private retryAt = 0;
  private heardAt = 0;
  private beatMs = HEARTBEAT_SECONDS * 1000;

  constructor(
    readonly gateway: Gateway,
    private readonly around: Surroundings,
    private readonly events: LinkEvents,
    /** A pairing code, while not yet paired. */
    private code?: string,
  ) {}

  get connected(): boolean {
    return this.state === 'connected';
  }

  /** Opens the socket unless one is open or waits for its hour. */
  ensure(): void {
    if (this.socket) return this.check();
    if (this.state === 'refused' || this.state === 'superseded') return;
    if (this.around.now() >= this.retryAt) this.open();
  }

  /** A person wants it now. */
  retry(): void {
    this.retryAt = 0;
    this.misunderstood = false;
    this.backoff.reset();
    if (!this.socket) this.open();
  }

  /** Closes for good. */
  close(): void {
    this.undoRetry();
    this.undoCheck();
    const socket = this.socket;
    this.socket = null;
    this.state = 'waiting';
    socket?.close(1000);
  }

  say(message: NodeMessage): void {
    this.send(JSON.stringify(message));
  }

  /** Sends a chunk frame. */
  relay(frame: Uint8Array<ArrayBuffer>): void {
    this.send(frame);
  }

  private send(data: string | Uint8Array<ArrayBuffer>): void {
    if (this.socket?.readyState === 1) this.socket.send(data);
  }

  private open(): void {
    this.undoRetry();
    this.become('connecting', '');
    let socket: WebSocket;
    try {
      socket = this.around.connect(this.gateway.url);
    } catch (error) {
      return this.wait(`The address cannot be used: ${String(error)}`);
    }
    this.socket = socket;
    socket.binaryType = 'arraybuffer';
    this.heardAt = this.around.now();
    this.watch();
    socket.onmessage = (event) => {
      if (this.socket === socket) void this.hear(event.data);
    };
    socket.onclose = (event) => {
      if (this.socket === socket) this.lost(event.code, event.reason);
    };
  }

  private async hear(data: unknown): Promise<void> {
    this.heardAt = this.around.now();
    if (data instanceof ArrayBuffer && this.connected) {
      return this.events.brought(new Uint8Array(data));
    }
    const message = readMessage(data);
    if (!message) return this.refuse('The gateway said something that is no message.');
    switch (message.type) {
      case 'challenge':
        return this.answer(message);
      case 'pairing':
        return this.compare(message.fingerprint);
      case 'welcome':
        return this.welcome(message);
      case 'refused':
        // Its close code decides what becomes of it.
        this.detail = message.message || message.code;
        return;
      case 'heartbeat':
        return this.live();
      case 'novelty':
        return this.marvel(message);
    }
    if (!this.connected) return this.refuse('The gateway gave an order before its welcome.');
    this.events.heard(this, message);
  }

  /** A sign of life; a socket that has lived so long is a good one. */
  private live(): void {
    if (this.connected) {
      this.misunderstood = false;
      this.backoff.reset();
    }
    this.say({ type: 'heartbeat' });
  }

  /** What only a later version understands is not obeyed. A gateway that keeps to what this one said
   * of itself says no such thing. */
  private marvel({ what, job }: Novelty): void {
    const words = `The gateway says \`${what}\`, which this extension does not know: update the extension.`;
    if (!this.connected) {
      this.hangUp(CLOSE_VERSION);
      return this.outdate(words);
    }
    this.become('connected', words);
    if (job === undefined) return;
    const failure = { class: 'bad_job' as const, message: words };
    this.say({ type: 'failed', job, last_seq: 0, accepted: false, failure });
  }

  private async answer(challenge: Extract<GatewayMessage, { type: 'challenge' }>): Promise<void> {
    const { identity, browser, label } = this.around;
    const socket = this.socket;
    if (challenge.protocol !== PROTOCOL_VERSION) {
      // It is told our version and answers which side is to be updated.
      this.detail = 'The gateway speaks another version: update the older of the two.';
    }
    const signature = await identity.prove(challenge.gateway, challenge.nonce);
    this.fingerprint = await identity.fingerprint(challenge.gateway);
    if (this.socket !== socket) return;
    this.gateway.id ??= challenge.gateway;
    this.understands = knownAbilities(challenge.abilities ?? []);
    this.say({
      type: 'hello',
      protocol: PROTOCOL_VERSION,
      extension: __VERSION__,
      browser,
      label: label(),
      key: identity.key,
      signature,
      ...(this.code ? { code: this.code } : {}),
      // An older gateway takes no hello with more fields than it knows.
      ...(challenge.abilities ? { abilities: ABILITIES } : {}),
    });
    this.events.changed(this);
  }

  private compare(theirs: string): void {
    if (theirs !== this.fingerprint) {
      return this.refuse('The gateway shows another fingerprint: somebody is in between.', true);
    }
    this.become('pairing', 'Compare the fingerprint with the one that the gateway shows.');
  }

  private welcome(message: Extract<GatewayMessage, { type: 'welcome' }>): void {
    delete this.code;
    this.gateway.node = message.node;
    this.beatMs = Math.max(1_000, message.heartbeat_ms);
    if (!this.misunderstood) this.backoff.reset();
    this.carries = message.extension_version;
    this.state = 'connected';
    this.detail = '';
    this.events.welcomed(this, message.sites);
    this.events.changed(this);
  }

  /** Hangs up on what the protocol does not allow. */
  private refuse(words: string, forGood = false): void {
    this.hangUp(forGood ? CLOSE_REFUSED : CLOSE_BAD_MESSAGE);
    this.misunderstood = true;
    if (forGood) this.rest('refused', words);
    else this.wait(words);
  }

  private hangUp(code: number): void {
    const socket = this.socket;
    this.socket = null;
    socket?.close(code);
  }

  /** Another version is to be installed on one side; that takes its time. */
  private outdate(words: string): void {
    this.rest('outdated', words);
    this.retryIn(OUTDATED_MS);
  }

  private lost(code: number, reason: string): void {
    this.socket = null;
    const words = this.detail || reason;
    if (code === CLOSE_UNPAIRED || code === CLOSE_REFUSED) {
      this.rest('refused', words || 'The gateway does not know this browser.');
    } else if (code === CLOSE_SUPERSEDED) {
      this.rest('superseded', words || 'This browser is connected from another window.');
    } else if (code === CLOSE_VERSION) {
      this.outdate(words || 'Update the extension or the gateway.');
    } else {
      this.misunderstood ||= code === CLOSE_BAD_MESSAGE;
      this.wait(words || 'No gateway answers at this address.');
    }
  }

  private rest(state: LinkState, words: string): void {
    this.undoCheck();
    this.become(state, words);
  }

  private wait(words: string): void {
    this.rest('waiting', words);
    this.retryIn(this.backoff.next());
  }

  private retryIn(ms: number): void {
    this.retryAt = this.around.now() + ms;
    // The worker may die first; an alarm then calls `ensure`.
    this.undoRetry();
    this.undoRetry = this.around.after(ms, () => this.open());
  }

  private become(state: LinkState, detail: string): void {
    this.state = state;
    this.detail = detail;
    this.events.changed(this);
  }

  private watch(): void {
    this.undoCheck();
    this.undoCheck = this.around.after(CHECK_MS, () => {
      this.check();
      if (this.socket) this.watch();
    });
  }

  /** Drops a socket on which nothing comes any more. */
  private check(): void {
    const limit = this.connected ? MISSED_BEATS * this.beatMs : HANDSHAKE_MS;
    // A person may take their time to compare.
    if (this.state === 'pairing' || this.around.now() - this.heardAt <= limit) return;
    this.hangUp(4408);
    this.wait('The gateway is silent.');
  }
}
