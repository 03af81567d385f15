// The popup's Port to the background, which may sleep and wake.

import type { FromPopup, Snapshot, ToPopup } from '../background/popup';
import { POPUP_PORT } from '../shared/channel';
import { byId, problem } from './dom';

let port: chrome.runtime.Port;

export function connect(show: (snapshot: Snapshot) => void): void {
  port = chrome.runtime.connect({ name: POPUP_PORT });
  port.onMessage.addListener((message: ToPopup) => {
    if (message.k === 'error') problem(message.message);
    else show(message.snapshot);
  });
  // The background died or slept: opening the Port wakes it.
  port.onDisconnect.addListener(() => connect(show));
}

export function ask(message: FromPopup): void {
  byId('problem').hidden = true;
  port.postMessage(message);
}
