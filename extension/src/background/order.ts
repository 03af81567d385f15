// What a browser that the gateway's owner started is told by a file of its own copy of the
// extension. In the package that everybody gets the file says null.

export const ORDER_FILE = 'order.json';
/** More tabs of a site than this are a mistake. */
const MAX_LANES = 16;

export interface Order {
  /** The gateway's socket. */
  gateway: string;
  /** A fleet key, while this profile is not yet paired. */
  key?: string;
  /** What this browser is to be called. */
  label: string;
  /** The sites whose tabs it keeps open, and how many tabs each. */
  sites: string[];
  lanes: number;
}

/** The order of this copy, or null. */
export async function readOrder(): Promise<Order | null> {
  const response = await fetch(chrome.runtime.getURL(ORDER_FILE));
  return orderOf(await response.json());
}

/** An order, where it is whole; one that is not is nobody's. */
export function orderOf(value: unknown): Order | null {
  if (typeof value !== 'object' || value === null) return null;
  const { gateway, key, label, sites, lanes } = value as Record<string, unknown>;
  if (typeof gateway !== 'string' || !isSocket(gateway)) return null;
  if (typeof label !== 'string' || label === '' || label.length > 100) return null;
  if (!Array.isArray(sites) || !sites.every((site) => typeof site === 'string')) return null;
  if (!Number.isInteger(lanes) || (lanes as number) < 1 || (lanes as number) > MAX_LANES) return null;
  if (key !== undefined && typeof key !== 'string') return null;
  return { gateway, label, sites: sites as string[], lanes: lanes as number, ...(key ? { key } : {}) };
}

function isSocket(text: string): boolean {
  try {
    return /^wss?:$/.test(new URL(text).protocol);
  } catch {
    return false;
  }
}
