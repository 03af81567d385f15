// Pages that paint only while they can be seen: their tab gets a window of its own, beside whatever
// its person does.

/** Size of such a window: a page at least as wide as a tablet's. */
const SIZE = { width: 1000, height: 760 };

export class Apart {
  private readonly tabs = new Set<number>();
  private moving: Promise<void> = Promise.resolve();

  /** This tab is to be seen from now on, until it is gone. */
  keep(tab: number): void {
    if (this.tabs.has(tab)) return;
    this.tabs.add(tab);
    void this.mend();
  }

  drop(tab: number): void {
    this.tabs.delete(tab);
  }

  /** Something was moved, shown or hidden: every page that must be seen is. */
  mend(): Promise<void> {
    if (this.tabs.size === 0) return this.moving;
    this.moving = this.moving.then(async () => {
      for (const tab of [...this.tabs]) {
        // It may close at any moment.
        await seen(tab).catch(() => {});
      }
    });
    return this.moving;
  }
}

async function seen(tab: number): Promise<void> {
  const { windowId } = await chrome.tabs.get(tab);
  const [beside, window] = await Promise.all([
    chrome.tabs.query({ windowId }),
    chrome.windows.get(windowId),
  ]);
  // Neither takes the keyboard away from its person.
  if (beside.length > 1) {
    await chrome.windows.create({ tabId: tab, focused: false, ...SIZE });
  } else if (window.state === 'minimized') {
    await chrome.windows.update(windowId, { state: 'normal', focused: false });
  }
}
