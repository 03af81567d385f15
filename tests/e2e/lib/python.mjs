// The official Python client, one case a run.

import { fileURLToPath } from 'node:url';

import { env } from './env.mjs';
import { KEY } from './gateway.mjs';
import { run } from './program.mjs';

const script = fileURLToPath(new URL('../python/client.py', import.meta.url));

/** Runs a case of client.py and gives its result. */
export async function python(gateway, name, model, prompt = 'Hello', key = KEY) {
  const program = await run(env.python, [script, name, `${gateway.url}/v1`, key, model, prompt]);
  if (program.code !== 0) throw new Error(`client.py ${name} failed: ${program.stderr}`);
  return JSON.parse(program.stdout.trim().split('\n').pop());
}
