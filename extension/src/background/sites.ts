// Which origins are in use: granted by the browser's owner AND named by a site of a gateway. Only
// there do the content scripts run.

import type { Site } from '../generated/protocol';
import { patternOf } from '../shared/origin';

const SCRIPTS = [
  { part: 'tap', world: 'MAIN' },
  { part: 'runner', world: 'ISOLATED' },
] as const;

/** Origins that were granted, of those that are asked about. */
export async function grantedOf(origins: Iterable<string>): Promise<Set<string>> {
  const granted = new Set<string>();
  for (const origin of new Set(origins)) {
    const has = await chrome.permissions.contains({ origins: [patternOf(origin)] });
    if (has) granted.add(origin);
  }
  return granted;
}

/** Registers the content scripts for exactly these origins; new ones also in tabs already open. */
export async function registerFor(origins: Set<string>): Promise<void> {
  const patterns = new Set([...origins].map((origin) => patternOf(origin)));
  const wanted = new Map<string, chrome.scripting.RegisteredContentScript>();
  for (const pattern of patterns) {
    for (const { part, world } of SCRIPTS) {
      const id = `${part} ${pattern}`;
      wanted.set(id, {
        id,
        world,
        js: [`${part}.js`],
        matches: [pattern],
        runAt: 'document_start',
        allFrames: false,
        // A profile may be opened before its gateway is reached.
        persistAcrossSessions: true,
      });
    }
  }
  const present = (await chrome.scripting.getRegisteredContentScripts()).map(({ id }) => id);
  const gone = present.filter((id) => !wanted.has(id));
  if (gone.length > 0) await chrome.scripting.unregisterContentScripts({ ids: gone });
  const fresh = [...wanted.values()].filter(({ id }) => !present.includes(id));
  if (fresh.length === 0) return;
  await chrome.scripting.registerContentScripts(fresh);
  await injectInto(
    fresh.filter(({ world }) => world === 'ISOLATED').flatMap(({ matches }) => matches ?? []),
  );
}

/** Tabs that were open before get the runner alone: it decides whether the page may be reloaded. */
export async function injectInto(patterns: string[]): Promise<void> {
  if (patterns.length === 0) return;
  const tabs = await chrome.tabs.query({ url: patterns });
  for (const { id, discarded } of tabs) {
    if (id === undefined || discarded) continue;
    const target = { tabId: id };
    // A tab may close or show an error page meanwhile.
    await chrome.scripting.executeScript({ target, files: ['runner.js'] }).catch(() => {});
  }
}

/** Origins that any gateway's sites name. */
export function originsOf(sites: Iterable<Site[]>): Set<string> {
  return new Set([...sites].flat().map(({ origin }) => origin));
}
