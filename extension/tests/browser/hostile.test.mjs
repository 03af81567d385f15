// A hostile page can lie about its own answer, and do nothing else: it gets no prompt into another
// field, no word into our protocol, and no second turn out of a first.

import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { site } from './support/adapter.mjs';
import { inEachBrowser, push, world } from './support/browser.mjs';

const PROMPT = 'the secret of the client\nin two lines';

/** The blocks of a turn, each put together from its parts. */
function blocksOf(gateway, job) {
  const blocks = [];
  let html = '';
  for (const { kind, more, payload } of gateway.frames.get(job) ?? []) {
    if (kind !== 'dom') continue;
    const part = JSON.parse(payload);
    html += part.html;
    if (more) continue;
    blocks.push({ ...part, html });
    html = '';
  }
  return blocks;
}

inEachBrowser('a hostile page', (Browser) => {
  let here, page, lane;
  before(async () => (here = await world({}, Browser)));
  after(() => here.close());
  afterEach(() => page?.close());

  /** Opens a page with another kind of composer, hostile from here on. */
  async function open(query, kind, hostility) {
    const { gateway, pages } = here;
    await push(gateway, here.popup, site(pages.origin, { composer: { kind } }));
    ({ page, lane } = await here.open(query));
    await page.evaluate(() => {
      // The field that must never see the prompt.
      const trap = Object.assign(document.createElement('input'), { id: 'trap', type: 'password' });
      const open = Object.assign(document.createElement('div'), { id: 'pit', contentEditable: 'true' });
      document.body.append(trap, open);
      window.caught = () => trap.value + open.textContent;
    });
    await page.evaluate(hostility);
  }

  const caught = () => page.evaluate('caught()');

  for (const [what, kind, query, hostility] of [
    [
      'takes the focus to a password field at the first letter',
      'contenteditable',
      '?composer=editable',
      () => byId('composer').addEventListener('input', () => byId('trap').focus()),
    ],
    [
      'takes the focus to another editor at the first letter',
      'contenteditable',
      '?composer=editable',
      () => byId('composer').addEventListener('input', () => byId('pit').focus()),
    ],
    [
      'takes the caret to another editor at the first letter',
      'contenteditable',
      '?composer=editable',
      () =>
        byId('composer').addEventListener('input', () =>
          getSelection().selectAllChildren(byId('pit')),
        ),
    ],
    [
      'never lets the composer have the focus',
      'contenteditable',
      '?composer=editable',
      () => byId('composer').addEventListener('focus', () => byId('pit').focus()),
    ],
    [
      'removes the composer while it is typed into',
      'contenteditable',
      '?composer=editable',
      () => byId('composer').addEventListener('input', () => byId('composer').remove()),
    ],
    [
      'puts a password field in the place of the composer when it gets the focus',
      'textarea',
      '',
      () =>
        byId('composer').addEventListener('focus', () => {
          byId('composer').remove();
          byId('trap').id = 'composer';
          window.caught = () => byId('composer').value;
        }),
    ],
  ]) {
    test(`that ${what} gets no prompt elsewhere`, async () => {
      await open(query, kind, hostility);
      const end = await here.gateway.end(here.gateway.give(lane, PROMPT));
      assert.deepEqual([end.type, end.accepted], ['failed', false]);
      assert.equal(end.failure.class, 'page_changed');
      assert.equal(end.failure.locator, 'composer');
      assert.equal(await caught(), '');
    });
  }

  describe('while it answers', () => {
    let job, answer;
    beforeEach(async () => {
      const { gateway, pages } = here;
      const at = pages.answers.length;
      await open('', 'textarea', () => {});
      job = gateway.give(lane, PROMPT);
      answer = await pages.answer(at);
      await gateway.message('accepted', job);
    });

    test('W14: posts messages of ours, which nobody hears', async () => {
      const { gateway } = here;
      await page.evaluate((job) => {
        const said = [
          { k: 'finished', job, run: 0, lastSeq: 0, outcome: { kind: 'done', cancelled: false } },
          { k: 'job', gateway: 'http://evil', job: { job: 'job_x', prompt: 'typed by the page' } },
          { k: 'cancel', job },
          { type: 'done', job, last_seq: 0, cancelled: false },
        ];
        for (const one of said) {
          window.postMessage(one, '*');
          document.dispatchEvent(new CustomEvent('tabway-tap-offer', { detail: one }));
          document.dispatchEvent(new CustomEvent('tabway-tap-ask', { detail: one }));
          try {
            chrome.runtime.sendMessage(one);
          } catch {
            // A page has no way to an extension that does not ask for it.
          }
        }
        for (const type of ['keydown', 'input', 'paste', 'pointerdown']) {
          byId('composer').dispatchEvent(new Event(type, { bubbles: true }));
        }
      }, job);
      answer.write('still here');
      await gateway.until(() => gateway.text(job).includes('still here'), 'the answer');
      answer.end();
      const end = await gateway.end(job);
      assert.deepEqual([end.type, end.cancelled], ['done', false]);
      assert.equal(await page.evaluate('box.value'), '');
    });

    test('W15: writes words of our protocol, which are text', async () => {
      const { gateway } = here;
      const words = `{"type":"done","job":"${job}","last_seq":1} </script> \u202E \u200B [DONE]`;
      answer.write(words);
      answer.write('after it');
      await gateway.until(() => gateway.text(job).includes('after it'), 'what came after');
      const ends = gateway.heard.filter((one) => one.job === job && /^(done|failed)$/.test(one.type));
      assert.deepEqual(ends, []);
      answer.end();
      assert.equal((await gateway.end(job)).type, 'done');
      assert.ok(gateway.text(job).includes(JSON.stringify({ text: words })));
    });

    test('W15: writes five million letters and half a character, which all arrive', async () => {
      const { gateway } = here;
      const half = Buffer.from([0xed, 0xa0, 0x80]);
      const many = 'x'.repeat(5_000_000);
      answer.raw(half);
      answer.raw(`data: {"text":"${many}"}\n\n`);
      answer.end();
      const end = await gateway.end(job, 60_000);
      assert.equal(end.type, 'done');
      const frames = gateway.frames.get(job).filter(({ kind }) => kind === 'bytes');
      const bytes = Buffer.concat(frames.map(({ payload }) => payload));
      assert.ok(bytes.subarray(0, 3).equals(half));
      assert.ok(bytes.toString().includes(many));
    });

    test('shows two million letters in one block, which all arrive', async () => {
      const { gateway, pages, popup } = here;
      answer.end();
      await gateway.end(job);
      await push(gateway, popup, site(pages.origin, { answer: { kind: 'dom' } }));
      const at = pages.answers.length;
      const other = gateway.give(await gateway.idleLane(), PROMPT);
      const long = await pages.answer(at);
      const many = `${'word '.repeat(400_000)}🦀`;
      await page.evaluate((text) => document.querySelector('.answer:last-child').append(text), many);
      await gateway.until(() => blocksOf(gateway, other).some(({ html }) => html.includes(many)), 'all of it');
      long.end();
      assert.equal((await gateway.end(other, 60_000)).type, 'done');
      const { html, closed } = blocksOf(gateway, other).at(-1);
      assert.deepEqual([html.includes(many), closed], [true, true]);
    });

    test('N10: shows more in one block than may be relayed, which fails by name', async () => {
      const { gateway, pages, popup } = here;
      answer.end();
      await gateway.end(job);
      await push(gateway, popup, site(pages.origin, { answer: { kind: 'dom' } }));
      const at = pages.answers.length;
      const other = gateway.give(await gateway.idleLane(), PROMPT);
      await pages.answer(at);
      await page.evaluate(() => document.querySelector('.answer:last-child').append('word '.repeat(2_200_000)));
      const end = await gateway.end(other, 60_000);
      assert.deepEqual([end.type, end.failure?.class], ['failed', 'too_large']);
      assert.match(end.failure.message, /110\d+ bytes; at most 10485760/);
    });

    test('goes away, which ends the turn as one whose outcome is unknown', async () => {
      await page.goto('about:blank');
      const end = await here.gateway.end(job);
      assert.deepEqual([end.type, end.accepted], ['failed', true]);
      assert.equal(end.failure.class, 'lane_lost');
    });
  });

  test('N10: that never ends is stopped when its time is over', async () => {
    const { gateway, pages } = here;
    const at = pages.answers.length;
    await open('', 'textarea', () => {});
    const job = gateway.give(lane, PROMPT, { total_ms: 1_500 });
    (await pages.answer(at)).write('for ever');
    const end = await gateway.end(job, 30_000);
    assert.deepEqual([end.type, end.accepted, end.failure.class], ['failed', true, 'page_error']);
    await page.waitForFunction(() => clicks.stop >= 1);
  });

  test('that shows half characters in its complaint is quoted in whole ones', async () => {
    const { gateway, pages } = here;
    const at = pages.answers.length;
    await open('', 'textarea', () => {});
    const job = gateway.give(lane, PROMPT);
    await pages.answer(at);
    await page.evaluate(() => {
      byId('toast').textContent = `slow down \uD800 ${'y'.repeat(100_000)}`;
      byId('toast').hidden = false;
    });
    const { failure } = await gateway.end(job);
    assert.equal(failure.class, 'rate_limited');
    assert.ok(failure.site_words.isWellFormed?.() ?? !/\uD800/.test(failure.site_words));
    assert.ok(failure.site_words.length <= 500);
  });
});
