// The two manifests, from one template. Nothing is granted at install: every origin is asked for
// from the popup.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

const { version, description } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
);

/** Public half of an RSA key whose only use is to give the unpacked extension one fixed id. */
const CHROMIUM_KEY =
  'MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAtqeMnN78zheyfjxAlNfW7qyroE9I4IQTDCG5fuHdMXLb' +
  'EjMowK61hRn3Mji2Gb9nKI0kmE5Yl8jvv+/KTnpf5z0CHVu8ib2YUoyoUW+6JL7XmKj8LXnbchu5mOR2Cu8lCEs1' +
  '9djNJvuL/o7DClP1J0V6GfUn5jmlsdH8URSRymnThPbfJY2aHYv/IkmgWT6POuNZIhitoB1ON6a2cfohaYB/WrDf' +
  'e8Un6PqXIEtwT3t/n9VJVPl/dY+iPoOXWLoDh9Diko8PfuaDWYs3vJ93GuKpjsIMtGX4AFuSR/oOb2uQYIxF9aQz' +
  'dtqeOjbjZnSdALgDW03/td8tgdn7c9OaxwIDAQAB';

/** Chromium's id: the first 16 bytes of SHA-256 of the key, written with the letters a to p. */
export function chromiumId() {
  const digest = createHash('sha256').update(Buffer.from(CHROMIUM_KEY, 'base64')).digest('hex');
  return [...digest.slice(0, 32)].map((digit) => 'abcdefghijklmnop'[parseInt(digit, 16)]).join('');
}

const ICONS = { 16: 'icons/16.png', 32: 'icons/32.png', 48: 'icons/48.png', 128: 'icons/128.png' };

function common() {
  return {
    manifest_version: 3,
    name: 'Tabway',
    version,
    description,
    icons: ICONS,
    action: { default_title: 'Tabway', default_popup: 'popup.html', default_icon: ICONS },
    permissions: ['activeTab', 'alarms', 'scripting', 'storage'],
    // Asked for by a switch of the popup.
    optional_permissions: ['notifications'],
    optional_host_permissions: ['http://*/*', 'https://*/*'],
    // Firefox's default policy upgrades ws: to wss:, so that a gateway on loopback is never reached.
    content_security_policy: {
      extension_pages:
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src ws: wss:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    },
  };
}

export function chromium() {
  return {
    ...common(),
    key: CHROMIUM_KEY,
    // 116: socket traffic keeps the worker alive. 120: an alarm may fire each 30 s.
    minimum_chrome_version: '120',
    background: { service_worker: 'background.js' },
  };
}

export function firefox() {
  return {
    ...common(),
    background: { scripts: ['background.js'] },
    browser_specific_settings: {
      gecko: {
        id: 'extension@tabway.org',
        // 128: content scripts in the page's own world. 140, on Android 142: what is collected is
        // said in the manifest and shown at install.
        strict_min_version: '142.0',
        // What the owner's own gateway asks of the page is sent to it, and to nobody else.
        data_collection_permissions: { required: ['websiteContent'] },
      },
    },
  };
}
