import { describe, expect, test } from 'vitest';
import { fingerprintOf, proofText } from '../../src/background/identity';
import { globMatches } from '../../src/shared/glob';
import { BadAddress, isOrigin, patternOf, socketAddress } from '../../src/shared/origin';

describe('the address of a gateway', () => {
  test.each([
    ['127.0.0.1:7070', 'ws://127.0.0.1:7070/node'],
    ['http://localhost:7070/', 'ws://localhost:7070/node'],
    ['ws://[::1]:7070/node', 'ws://[::1]:7070/node'],
    ['https://gate.example', 'wss://gate.example/node'],
    [' wss://gate.example/tabway/ ', 'wss://gate.example/tabway/node'],
  ])('%s', (typed, url) => expect(socketAddress(typed, false)).toBe(url));

  test.each([
    '',
    'http://',
    'ftp://127.0.0.1',
    'http://192.168.1.2:7070',
    'ws://127.0.0.1.example',
    'http://me:word@127.0.0.1',
  ])('refuses %j', (typed) => expect(() => socketAddress(typed, false)).toThrow(BadAddress));

  test('a trusted network is its owner’s word', () => {
    expect(socketAddress('http://192.168.1.2:7070', true)).toBe('ws://192.168.1.2:7070/node');
  });
});

test('origins and patterns', () => {
  expect(['http://a:1', 'https://a', 'http://a/', 'ftp://a', 'a', ''].map(isOrigin)).toEqual([
    true,
    true,
    false,
    false,
    false,
    false,
  ]);
  expect(patternOf('http://127.0.0.1:7860', false)).toBe('http://127.0.0.1:7860/*');
  expect(patternOf('http://127.0.0.1:7860', true)).toBe('http://127.0.0.1/*');
});

test.each([
  ['/chat', '/chat', true],
  ['/chat', '/chat/1', false],
  ['/c/*', '/c/1', true],
  ['/c/*', '/c/1/2', false],
  ['/c/**', '/c/1/2', true],
  ['/**/join', '/api/queue/join', true],
  ['/a.b', '/aXb', false],
])('glob %s on %s: %s', (glob, path, matches) => expect(globMatches(glob, path)).toBe(matches));

test('proof and fingerprint are those of the protocol', async () => {
  expect(proofText('gw_1', 'n')).toBe('tabway node 1\ngw_1\nn');
  // echo -en 'tabway fingerprint 1\ngw_1\nKEY' | sha256sum | xxd -r -p | head -c5 | base32
  expect(await fingerprintOf('gw_1', 'KEY')).toBe('JVQW-D5YZ');
});
