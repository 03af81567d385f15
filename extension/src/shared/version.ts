// Versions of the extension: up to four numbers with dots between them.

/** Below zero where `a` is older than `b`, above where it is newer; null where one is no version. */
export function compareVersions(a: string, b: string): number | null {
  const [left, right] = [numbersOf(a), numbersOf(b)];
  if (!left || !right) return null;
  for (let at = 0; at < 4; at++) {
    const difference = (left[at] ?? 0) - (right[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function numbersOf(version: string): number[] | null {
  if (!/^\d{1,9}(\.\d{1,9}){0,3}$/.test(version)) return null;
  return version.split('.').map(Number);
}
