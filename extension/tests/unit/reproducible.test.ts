// The same sources give the same packages, wherever, whenever and by whomever they are built.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));

function sumsOf(folder: string): Record<string, string> {
  const sums: Record<string, string> = {};
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    sums[path.slice(folder.length)] = createHash('sha256').update(readFileSync(path)).digest('hex');
  }
  return sums;
}

test('a build of a copy elsewhere is the committed one, byte for byte', { timeout: 120_000 }, () => {
  const copy = mkdtempSync(join(tmpdir(), 'tabway a copy-'));
  try {
    for (const part of ['src', 'icons', 'scripts', 'package.json', 'package-lock.json']) {
      cpSync(join(root, part), join(copy, part), { recursive: true, mode: 0 });
      utimesSync(join(copy, part), 86_400, 86_400);
    }
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
    const env = { ...process.env, TZ: 'Pacific/Apia', LANG: 'tr_TR.UTF-8', NODE_ENV: 'development' };
    execFileSync(process.execPath, ['scripts/build.mjs'], { cwd: copy, env, stdio: 'pipe' });
    expect(sumsOf(join(copy, 'dist'))).toEqual(sumsOf(join(root, 'dist')));
  } finally {
    rmSync(copy, { recursive: true });
  }
});

test('the sums of the packages are of the files beside them', async () => {
  const { archive } = (await import('../../scripts/archive.mjs' as string)) as {
    archive: (folder: string) => Buffer;
  };
  const line = (name: string, folder: string) =>
    `${createHash('sha256')
      .update(archive(join(root, 'dist', folder)))
      .digest('hex')}  ${name}\n`;
  expect(readFileSync(join(root, 'dist/PACKAGES.sha256'), 'utf8')).toBe(
    line('chromium.zip', 'chromium') + line('firefox.xpi', 'firefox'),
  );
});
