// The address of a new chat, where a mode or a model is part of it.

import type { Adapter, Job } from '../generated/protocol';

/** Path and query at which the job's chat begins. */
export function placeOf(adapter: Adapter, job: Job): string {
  const mode = (adapter.modes ?? []).find(({ name }) => name === job.mode);
  const place = new URL(mode?.start ?? adapter.page.start, location.origin);
  const { select } = adapter.models;
  if (select?.kind === 'query' && job.model !== undefined) {
    place.searchParams.set(select.parameter, job.model);
  }
  return place.pathname + place.search;
}

/** Whether the page is there: an earlier job's mode or model must not answer this one. */
export function isAt(adapter: Adapter, job: Job): boolean {
  const place = new URL(placeOf(adapter, job), location.origin);
  if ((adapter.modes ?? []).length > 0 && place.pathname !== location.pathname) return false;
  const { select } = adapter.models;
  if (select?.kind !== 'query') return true;
  const shown = new URLSearchParams(location.search).get(select.parameter);
  return shown === place.searchParams.get(select.parameter);
}
