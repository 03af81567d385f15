import { expect, test } from 'vitest';
import { compareVersions } from '../../src/shared/version';

test('versions are compared as numbers, part by part', () => {
  for (const [older, newer] of [
    ['0.1.0', '0.2.0'],
    ['0.9.0', '0.10.0'],
    ['0.2', '0.2.1'],
    ['1.99.99', '2'],
    ['1.2.3.4', '1.2.3.5'],
  ] as const) {
    expect(compareVersions(older, newer)).toBeLessThan(0);
    expect(compareVersions(newer, older)).toBeGreaterThan(0);
  }
  expect(compareVersions('0.1', '0.1.0')).toBe(0);
});

test('what is no version is not compared', () => {
  for (const text of ['', 'x', '1.', '.1', '1.2.3.4.5', '1.0-beta', '-1', '1e9', ' 1']) {
    expect(compareVersions(text, '0.1.0')).toBeNull();
    expect(compareVersions('0.1.0', text)).toBeNull();
  }
});
