/** Set by the build: the package for Firefox, or the one for Chromium. */
declare const __FIREFOX__: boolean;
/** Set by the build: the extension's version. */
declare const __VERSION__: string;

interface Window {
  /** Firefox only: the window as the page's own scripts see it. */
  readonly wrappedJSObject: Window & typeof globalThis;
}
