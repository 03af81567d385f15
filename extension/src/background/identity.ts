// Who this node is: a key that cannot leave the browser, and what is computed with it.

import { toBase32, toBase64Url } from '../shared/bytes';

const DATABASE = 'tabway';
const STORE = 'keys';
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const utf8 = new TextEncoder();

export interface Identity {
  /** Public key: uncompressed P-256 point, base64url. */
  key: string;
  /** Proof of the private key for one challenge of one gateway. */
  prove(gateway: string, nonce: string): Promise<string>;
  /** What a person compares while pairing. */
  fingerprint(gateway: string): Promise<string>;
}

/** The node's identity, made at first use. */
export async function identity(): Promise<Identity> {
  const database = await open();
  const pair = (await load(database)) ?? (await create(database));
  database.close();
  const key = toBase64Url(new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey)));
  return {
    key,
    async prove(gateway, nonce) {
      const signature = await crypto.subtle.sign(
        { name: 'ECDSA', hash: 'SHA-256' },
        pair.privateKey,
        utf8.encode(proofText(gateway, nonce)),
      );
      return toBase64Url(new Uint8Array(signature));
    },
    fingerprint: (gateway) => fingerprintOf(gateway, key),
  };
}

/** As `proof_text` of crates/protocol/src/pairing.rs. */
export function proofText(gateway: string, nonce: string): string {
  return `tabway node 1\n${gateway}\n${nonce}`;
}

/** The first 5 bytes of SHA-256 of `fingerprint_text`, as `ABCD-EFGH`. */
export async function fingerprintOf(gateway: string, key: string): Promise<string> {
  const words = utf8.encode(`tabway fingerprint 1\n${gateway}\n${key}`);
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', words));
  const letters = toBase32(digest.slice(0, 5));
  return `${letters.slice(0, 4)}-${letters.slice(4)}`;
}

async function create(database: IDBDatabase): Promise<CryptoKeyPair> {
  const pair = await crypto.subtle.generateKey(ALGORITHM, false, ['sign', 'verify']);
  const store = database.transaction(STORE, 'readwrite').objectStore(STORE);
  // Two workers may start at once: the first key stays.
  try {
    await settled(store.add(pair, 'node'));
    return pair;
  } catch {
    return (await load(database)) ?? pair;
  }
}

async function load(database: IDBDatabase): Promise<CryptoKeyPair | undefined> {
  const store = database.transaction(STORE).objectStore(STORE);
  return (await settled(store.get('node'))) as CryptoKeyPair | undefined;
}

function open(): Promise<IDBDatabase> {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE);
  return settled(request);
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
