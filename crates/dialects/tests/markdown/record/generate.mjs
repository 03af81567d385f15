// Writes answers/made.md: answers put together at random, the same in each run, so that blocks meet
// in ways that nobody would think of.

import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const COUNT = 100;

let state = 20_241;
const number = (below) => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
};
const pick = (list) => list[number(list.length)];
const times = (n, make) => Array.from({ length: n }, (_, at) => make(at));

const WORDS = ('the cache reads a page twice when its lock is free and writes once per second if no client waits for ' +
  'an answer that was never sent by any server in this list of names values numbers and small words 数据 文件 größer été ' +
  'naïve λόγος 😀 42 3.14 (see above) e.g. I/O C++ 100% #1 a/b x=1 don\'t "quoted" node.js 2 < 3 & 5 > 4 key:value').split(' ');
const CODES = ['x < y && y > z', 'Vec<Option<T>>', 'a || b', '`tick`', '&mut self', '$HOME/*.rs', '<div class="a">', '**kwargs', '[0]'];
const LANGUAGES = ['rust', 'python', 'js', 'html', 'c', 'sh', 'json', ''];
const LINES = ['if (a < b && c > d) {', '    return x & 0xFF;', '}', '', '<p class="x">&amp;</p>', '# a comment with `ticks`',
  'let s = "a\\tb\\n";', '\tindented by a tab', 'for i in 0..10 { sum += i }', '* not a list', '> not a quote', '1. not an item', '$x = $y * $z;', '日本語 = "文字列"'];

const code = (text = pick(CODES)) => (text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``);
const plain = (n) => times(n, () => pick(WORDS)).join(' ').replace(/[<&]/g, (c) => `\\${c}`).replace('> 4', '\\> 4').replace(/#1/g, 'nr 1');
const piece = () => [
  () => plain(3 + number(8)), () => plain(3 + number(8)), () => plain(2 + number(5)), () => code(),
  () => `**${plain(1 + number(3))}**`, () => `*${plain(1 + number(2))}*`, () => `~~${plain(2)}~~`,
  () => `[${plain(2)}](https://example.com/${number(99)}?a=1&b=${number(9)})`,
  () => `[${code()}](https://example.com/wiki/A_(b))`, () => `<https://example.com/${number(99)}>`,
  () => `**${plain(1)} ${code()}**`, () => `![a ${pick(['cat', 'dog', '图'])}](https://example.com/${number(9)}.png)`,
][number(12)]();
const begins = (text) => (/^[\p{L}]/u.test(text) ? text : `So ${text}`);
const line = (n = 1 + number(4)) => begins(times(n, piece).join(' '));
const paragraph = () => times(1 + number(3), () => line()).join(pick(['\n', ' ', '. ', '\\\n']));
const fence = () => ['```' + pick(LANGUAGES), ...times(1 + number(7), () => pick(LINES)), '```'].join('\n');
const indent = (text, by) => text.split('\n').map((one, at) => (at === 0 || one === '' ? one : by + one)).join('\n');
const list = (depth = 0) => {
  const ordered = number(3) === 0;
  const loose = number(3) === 0;
  const start = ordered ? pick([1, 1, 1, 4, 9]) : 0;
  const items = times(2 + number(4), (at) => {
    const mark = ordered ? `${start + at}. ` : '- ';
    const more = depth < 3 && number(3) === 0 ? [list(depth + 1)] : [];
    if (loose && number(2) === 0) more.push(pick([paragraph, fence])());
    const text = [line(), ...more].join(loose || more.length > 1 ? '\n\n' : '\n');
    return mark + indent(text, ' '.repeat(mark.length));
  });
  return items.join(loose ? '\n\n' : '\n');
};
const cell = () => pick([() => plain(1 + number(3)), () => code(pick(CODES.filter((one) => !/[|`]/.test(one)))), () => `**${plain(1)}**`])();
const table = () => {
  const columns = 2 + number(3);
  const row = (make) => `| ${times(columns, make).join(' | ')} |`;
  return [row(() => begins(plain(1))), row(() => pick(['---', ':---', ':---:', '---:'])), ...times(1 + number(4), () => row(cell))].join('\n');
};
const quote = () => [paragraph(), pick([list, paragraph, fence])()].join('\n\n').split('\n').map((one) => (one ? `> ${one}` : '>')).join('\n');
const formula = () => pick(['$$\n\\sum_{i=0}^{n} x_i < \\frac{a}{b}\n$$', 'With $a_1 < b_2$ and $\\alpha \\cdot \\beta$ it holds.']);
const heading = () => `${'#'.repeat(1 + number(5))} ${line(1)}`;
const BLOCKS = [paragraph, paragraph, paragraph, heading, list, list, fence, fence, table, quote, formula, () => '---'];

const answers = times(COUNT, (at) => {
  const blocks = [paragraph()];
  let last = null;
  for (let wanted = 1 + number(5); wanted > 0; ) {
    const make = pick(BLOCKS);
    // Two lists in a row are one, or differ only by a mark that no page shows.
    if (make === list && last === list) continue;
    blocks.push(make());
    last = make;
    wanted -= 1;
  }
  return `%%% made ${at + 1}\n${blocks.join('\n\n')}\n`;
});
writeFileSync(fileURLToPath(new URL('../answers/made.md', import.meta.url)), answers.join(''));
