// The visible mark of a driven tab: a badge that the page cannot style, and a prefix of the title.

const TITLE_PREFIX = '▶ ';
const STYLE = `
  :host { all: initial; position: fixed; inset: 0; z-index: 2147483647; pointer-events: none; }
  .frame { position: absolute; inset: 0; border: 2px solid #6d5efc; border-radius: 4px; }
  .badge {
    position: absolute; right: 12px; bottom: 12px; padding: 6px 10px; border-radius: 999px;
    background: #6d5efc; color: #fff; font: 600 12px/1.2 system-ui, sans-serif;
    box-shadow: 0 2px 10px rgb(0 0 0 / 25%);
  }`;

let host: HTMLElement | null = null;

/** Shows that the tab is driven. */
export function showMark(site: string): void {
  if (host) return;
  host = document.createElement('tabway-mark');
  host.setAttribute('aria-hidden', 'true');
  const root = host.attachShadow({ mode: 'closed' });
  const style = new CSSStyleSheet();
  style.replaceSync(STYLE);
  adopt(root, style);
  const frame = document.createElement('div');
  frame.className = 'frame';
  const badge = document.createElement('div');
  badge.className = 'badge';
  badge.textContent = `Tabway is using this tab · ${site}`;
  root.append(frame, badge);
  document.documentElement.append(host);
  if (!document.title.startsWith(TITLE_PREFIX)) document.title = TITLE_PREFIX + document.title;
}

/** The tab is its human's again. */
export function hideMark(): void {
  host?.remove();
  host = null;
  if (document.title.startsWith(TITLE_PREFIX)) {
    document.title = document.title.slice(TITLE_PREFIX.length);
  }
}

/** A sheet of our own is not bound by the page's policy; Firefox lets content scripts adopt none. */
function adopt(root: ShadowRoot, sheet: CSSStyleSheet): void {
  try {
    root.adoptedStyleSheets = [sheet];
  } catch {
    const element = document.createElement('style');
    element.textContent = STYLE;
    root.append(element);
  }
}
