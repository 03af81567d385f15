// A program that runs beside the tests, with its words kept.

import { spawn } from 'node:child_process';

import { until, within } from './wait.mjs';

// A test that fails half way leaves its programs; none outlives the test's process.
const running = new Set();
process.on('exit', () => { for (const child of running) child.kill('SIGKILL'); });

export class Program {
  #child;
  #ended;
  stdout = '';
  stderr = '';
  /** Its exit code once it has ended; a signal's name where one ended it. */
  code;

  constructor(command, args, options = {}) {
    this.name = command.split('/').pop();
    this.#child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], ...options });
    running.add(this.#child);
    this.#child.stdout.setEncoding('utf8').on('data', (text) => { this.stdout += text; });
    this.#child.stderr.setEncoding('utf8').on('data', (text) => { this.stderr += text; });
    this.#child.stdin?.on('error', () => {});
    this.#ended = new Promise((resolve) => {
      this.#child.once('error', (error) => { this.code = String(error); resolve(this.code); });
      this.#child.once('close', (code, signal) => { running.delete(this.#child); this.code = code ?? signal; resolve(this.code); });
    });
  }

  get pid() { return this.#child.pid; }

  /** Waits until its output matches, and returns the match. */
  says(pattern, limit = 20_000) {
    return until(`${this.name} to say ${pattern}`, () => {
      const match = pattern.exec(this.stdout) ?? pattern.exec(this.stderr);
      if (!match && this.code !== undefined) {
        throw new Error(`${this.name} ended (${this.code}): ${this.stdout}${this.stderr}`);
      }
      return match;
    }, limit);
  }

  tell(text) { this.#child.stdin.write(text); }

  signal(name) { this.#child.kill(name); }

  ended(limit = 20_000) { return within(`${this.name} to end`, this.#ended, limit); }

  /** Ends it: in good order where it obeys, else by force. */
  async stop(signal = 'SIGTERM') {
    if (this.code !== undefined) return this.code;
    this.signal(signal);
    return this.ended(10_000).catch(() => {
      this.signal('SIGKILL');
      return this.ended();
    });
  }
}

/** Runs a program to its end. */
export async function run(command, args, options) {
  const { limit = 60_000, input, ...rest } = options ?? {};
  const program = new Program(command, args, rest);
  if (input !== undefined) program.tell(input);
  await program.ended(limit).catch(async (error) => {
    await program.stop('SIGKILL');
    throw new Error(`${error.message}\n${program.stdout}\n${program.stderr}`);
  });
  return program;
}
