// The official Python client: one process, one case after the other.

import { fileURLToPath } from 'node:url';

import { env } from './env.mjs';
import { KEY } from './gateway.mjs';
import { Program } from './program.mjs';
import { until } from './wait.mjs';

const script = fileURLToPath(new URL('../python/client.py', import.meta.url));

let program;
let asked = 0;

/** Runs a case of client.py and gives its result. */
export async function python(gateway, name, model, prompt = 'Hello', key = KEY) {
  program ??= new Program(env.python, [script]);
  program.tell(`${JSON.stringify({ case: name, base_url: `${gateway.url}/v1`, key, model, prompt })}\n`);
  const at = asked++;
  const line = await until(`client.py ${name}`, () => {
    if (program.code !== undefined) throw new Error(`client.py ended: ${program.stderr}`);
    const lines = program.stdout.split('\n');
    return lines.length > at + 1 && lines[at];
  }, 90_000);
  const { result, error } = JSON.parse(line);
  if (error) throw new Error(`client.py ${name}: ${error}`);
  return result;
}
