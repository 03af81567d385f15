// Origins and addresses: what a match pattern may say in each browser, and where a gateway may be.

/** The match pattern of an origin. Firefox takes no port in one: the runner compares origins again. */
export function patternOf(origin: string, firefox: boolean = __FIREFOX__): string {
  const { protocol, hostname, host } = new URL(origin);
  return `${protocol}//${firefox ? hostname : host}/*`;
}

/** Whether a text is an http(s) origin and nothing more. */
export function isOrigin(text: string): boolean {
  const url = parseUrl(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.origin === text;
}

/** What is wrong with a gateway's address. */
export class BadAddress extends Error {}

/**
 * The socket's address for what a person typed: `127.0.0.1:7070`, `https://host`, `wss://host/node`.
 * Without TLS only this machine may be named, unless its owner said that the network is trusted.
 */
export function socketAddress(typed: string, insecureLan: boolean): string {
  const text = typed.trim();
  const url = parseUrl(/^[a-z]+:\/\//i.test(text) ? text : `http://${text}`);
  if (!url || url.hostname === '') throw new BadAddress('This is not an address.');
  const secure = { 'http:': false, 'ws:': false, 'https:': true, 'wss:': true }[url.protocol];
  if (secure === undefined) throw new BadAddress('The address must begin with http or https.');
  if (url.username || url.password) throw new BadAddress('The address must not hold a password.');
  if (!secure && !isLoopback(url.hostname) && !insecureLan) {
    throw new BadAddress('Without TLS only a gateway on this computer is reached. Use https.');
  }
  // A gateway may live below a prefix of its own.
  const path = url.pathname.replace(/\/(node)?\/?$/, '');
  return `${secure ? 'wss' : 'ws'}://${url.host}${path}/node`;
}

/** Whether a host name is this computer. */
export function isLoopback(hostname: string): boolean {
  return (
    /^127(\.\d{1,3}){3}$/.test(hostname) ||
    hostname === '[::1]' ||
    hostname === 'localhost' ||
    hostname.endsWith('.localhost')
  );
}

/** `URL.parse`, which older browsers lack. */
function parseUrl(text: string): URL | null {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}
