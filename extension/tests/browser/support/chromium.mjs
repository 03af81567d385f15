// Chromium with the derived copy of the committed package, driven by Playwright.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { deriveTestCopy } from '../../../scripts/derive-test-copy.mjs';
import { chromiumId } from '../../../scripts/manifest.mjs';

const DIST = fileURLToPath(new URL('../../../dist/chromium', import.meta.url));
export const POPUP = `chrome-extension://${chromiumId()}/popup.html`;

export async function launch(origins) {
  const folder = mkdtempSync(join(tmpdir(), 'tabway-browser-'));
  const extension = join(folder, 'extension');
  deriveTestCopy(DIST, extension, origins);
  const context = await chromium.launchPersistentContext(join(folder, 'profile'), {
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    headless: false,
    ignoreDefaultArgs: ['--disable-extensions'],
    args: [
      '--headless=new',
      '--no-sandbox',
      '--disable-gpu',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      `--load-extension=${extension}`,
    ],
  });
  const close = async () => {
    await context.close();
    // The browser's last child may still write.
    rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
  };
  return { context, close };
}

export const Chromium = { title: 'Chromium', popup: POPUP, skip: false, launch };
