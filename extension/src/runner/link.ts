// The Port to the background. The background may sleep and die at any time: the Port is opened anew
// at once, which also wakes it.

import { LANE_PORT, type FromRunner, type ToRunner } from '../shared/channel';

export class Link {
  private port: chrome.runtime.Port | null = null;
  private frozen = false;

  constructor(
    private readonly hear: (message: ToRunner) => void,
    /** The first word on each new Port. */
    private readonly hello: () => FromRunner,
    /** The extension was removed, updated or switched off. */
    private readonly gone: () => void,
  ) {}

  connect(): void {
    let port: chrome.runtime.Port;
    try {
      port = chrome.runtime.connect({ name: LANE_PORT });
    } catch {
      return this.gone();
    }
    this.port = port;
    port.onMessage.addListener((message: ToRunner) => this.hear(message));
    port.onDisconnect.addListener(() => {
      if (this.port !== port) return;
      this.port = null;
      if (!chrome.runtime?.id) return this.gone();
      if (!this.frozen) this.connect();
    });
    this.tell(this.hello());
  }

  /** The page goes into the back/forward cache, where it has no Port. */
  freeze(): void {
    this.frozen = true;
  }

  /** The page is shown again. */
  thaw(): void {
    this.frozen = false;
    if (!this.port) this.connect();
  }

  /** Says it if there is someone to hear it; whatever matters is said again after a `hello`. */
  tell(message: FromRunner): void {
    try {
      this.port?.postMessage(message);
    } catch {
      // The Port is closing; its listener opens another.
    }
  }
}
