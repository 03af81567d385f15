import { describe, expect, test } from 'vitest';
import { headerOf } from '../../src/shared/frame';
import { Full, Outbox } from '../../src/runner/outbox';

const JOB = 'job_0199c0de000070008000000000000001';

function world(limit?: number) {
  const tasks: (() => void)[] = [];
  const batches: number[][] = [];
  const outbox = new Outbox(
    JOB,
    (task) => tasks.push(task),
    (frames, last) => {
      const seqs = frames.map((frame) => headerOf(frame).seq);
      expect(seqs.at(-1)).toBe(last);
      batches.push(seqs);
    },
    limit,
  );
  const push = (text = 'x') => outbox.push({ kind: 'message', stream: 1, text });
  const run = () => tasks.splice(0).forEach((task) => task());
  return { outbox, tasks, batches, push, run };
}

describe('the outbox', () => {
  test('numbers from 1, hands on together what came together, once', () => {
    const { outbox, tasks, batches, push, run } = world();
    push();
    push();
    expect(tasks.length).toBe(1);
    run();
    push();
    run();
    run();
    expect(batches).toEqual([[1, 2], [3]]);
    expect(outbox.lastSeq).toBe(3);
  });

  test('keeps what is not acknowledged and sends exactly that again', () => {
    const { outbox, batches, push, run } = world();
    for (let at = 0; at < 5; at++) push();
    run();
    outbox.ack(2);
    outbox.ack(1);
    outbox.resend(3);
    expect(batches).toEqual([
      [1, 2, 3, 4, 5],
      [4, 5],
    ]);
    outbox.ack(99);
    expect(outbox.unacked).toBe(0);
    expect(outbox.lastSeq).toBe(5);
    push();
    run();
    expect(batches.at(-1)).toEqual([6]);
  });

  test('frames made while nobody listened go with the next run, without a gap or a double', () => {
    const { outbox, batches, push, run } = world();
    push();
    run();
    push();
    outbox.resend(0);
    run();
    push();
    run();
    expect(batches).toEqual([[1], [1, 2], [3]]);
  });

  test('N6: any order of acknowledgements and runs leaves the whole sequence', () => {
    let seed = 7;
    const random = (below: number) => (seed = (seed * 48271) % 2147483647) % below;
    for (let round = 0; round < 200; round++) {
      const received: number[] = [];
      let listening = true;
      const outbox = new Outbox(
        JOB,
        (task) => task(),
        (frames) => {
          if (listening) received.push(...frames.map((frame) => headerOf(frame).seq));
        },
      );
      for (let step = 0; step < 40; step++) {
        const what = random(4);
        if (what < 2) outbox.push({ kind: 'message', stream: 1, text: 'x' });
        else if (what === 2) outbox.ack(received.length ? random(received.length + 1) : 0);
        else if (listening) listening = false;
        else {
          listening = true;
          outbox.resend(received.length);
        }
      }
      if (!listening) {
        listening = true;
        outbox.resend(received.length);
      }
      expect(received).toEqual(Array.from({ length: outbox.lastSeq }, (_, at) => at + 1));
    }
  });

  test('is full at its limit and goes on after an acknowledgement', () => {
    const { outbox, push } = world(100);
    push('x'.repeat(60));
    expect(() => push('x'.repeat(60))).toThrow(Full);
    outbox.ack(1);
    push('x'.repeat(60));
    expect(outbox.lastSeq).toBe(2);
  });
});
