// Waiting: always on a condition, always with a limit.

import { setTimeout as pause } from 'node:timers/promises';

/** Looks until `look` gives something true, and returns it; fails after `limit` milliseconds. */
export async function until(what, look, limit = 15_000) {
  const deadline = performance.now() + limit;
  let last;
  for (;;) {
    try {
      const value = await look();
      if (value) return value;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (performance.now() > deadline) {
      throw new Error(`waited ${limit} ms in vain for: ${what}`, { cause: last });
    }
    await pause(25);
  }
}

/** Fails when `promise` takes longer than `limit` milliseconds. */
export async function within(what, promise, limit = 15_000) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`took longer than ${limit} ms: ${what}`)), limit);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
