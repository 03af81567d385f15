// The committed packages: what they ask for, what they may not contain, what a test copy changes.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const dist = fileURLToPath(new URL('../../dist/', import.meta.url));
const text = (path: string) => readFileSync(join(dist, path), 'utf8');
const manifest = (target: string) =>
  JSON.parse(text(`${target}/manifest.json`)) as Record<string, unknown>;
const files = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();

describe.each(['chromium', 'firefox'])('the package for %s', (target) => {
  test('asks for little, and for no origin at install', () => {
    const {
      permissions,
      optional_permissions,
      optional_host_permissions,
      host_permissions,
      externally_connectable,
      content_scripts,
      web_accessible_resources,
    } = manifest(target);
    expect(permissions).toEqual(['activeTab', 'alarms', 'scripting', 'storage']);
    expect(optional_permissions).toEqual(['notifications']);
    expect(optional_host_permissions).toEqual(['http://*/*', 'https://*/*']);
    expect([
      host_permissions,
      externally_connectable,
      content_scripts,
      web_accessible_resources,
    ]).toEqual([undefined, undefined, undefined, undefined]);
  });

  test('runs its own code only', () => {
    const { extension_pages } = manifest(target).content_security_policy as {
      extension_pages: string;
    };
    expect(extension_pages).toContain("script-src 'self';");
    expect(extension_pages).not.toMatch(/unsafe|https?:/);
    expect(text(`${target}/popup.html`)).not.toMatch(
      /<script[^>]*>[^<]|https?:\/\/(?!127\.0\.0\.1)/,
    );
  });

  test('uses neither cookies nor a debugger, evaluates nothing, hides nothing', () => {
    for (const part of ['background', 'runner', 'tap', 'popup']) {
      const code = text(`${target}/${part}.js`);
      expect(code).not.toMatch(
        /\b(chrome|browser)\.(cookies|debugger|webRequest|declarativeNetRequest|proxy|privacy|browsingData|identity|history)\b/,
      );
      expect(code).not.toMatch(
        /document\.cookie|\beval\(|new Function\(|importScripts|\[native code\]|toString = /,
      );
      expect(code).not.toMatch(/navigator\.webdriver|userAgent = |localStorage|sessionStorage/);
    }
  });

  test('no part names a site', () => {
    for (const part of ['background', 'runner', 'tap']) {
      expect(text(`${target}/${part}.js`)).not.toMatch(
        /gradio|chainlit|streamlit|chatgpt|gemini|claude|deepseek/i,
      );
    }
  });
});

test('a copy for tests differs in granted origins and in nothing else', async () => {
  const { deriveTestCopy } = (await import('../../scripts/derive-test-copy.mjs' as string)) as {
    deriveTestCopy: (from: string, to: string, origins: string[]) => void;
  };
  const from = join(dist, 'chromium');
  const copy = mkdtempSync(join(tmpdir(), 'tabway-copy-'));
  deriveTestCopy(from, copy, ['http://127.0.0.1:7860']);
  expect(files(copy)).toEqual(files(from));
  for (const file of files(from).filter((name) => name !== 'manifest.json')) {
    expect(readFileSync(join(copy, file)).equals(readFileSync(join(from, file)))).toBe(true);
  }
  const { host_permissions, ...rest } = JSON.parse(
    readFileSync(join(copy, 'manifest.json'), 'utf8'),
  ) as Record<string, unknown>;
  expect(rest).toEqual(manifest('chromium'));
  expect(host_permissions).toEqual(['http://127.0.0.1:7860/*']);
  rmSync(copy, { recursive: true });
});

test('the id of the Chromium package is the one that is written down', async () => {
  const { chromiumId } = (await import('../../scripts/manifest.mjs' as string)) as {
    chromiumId: () => string;
  };
  expect(text('chromium-id.txt').trim()).toBe(chromiumId());
});
