// Content script in the extension's own world. It may be injected twice: the first one stays.

import { PageRunner } from './page';

declare global {
  interface Window {
    __tabwayRunner?: true;
  }
}

if (!window.__tabwayRunner && window.top === window) {
  window.__tabwayRunner = true;
  new PageRunner().start();
}
