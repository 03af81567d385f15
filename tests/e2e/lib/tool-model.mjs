// The model behind a stand-in page, scripted: it knows what every model is told in its chat, and no
// more. It takes the tools, their parameters and the form of a call from the instructions, does the
// next step of its plan, and reads results where they are said to be.

/** The tools that the instructions of a chat name, by name. */
function toolsOf(told) {
  const [, list] = told.split('Tools, one a line:\n');
  if (!list) throw new Error('no tools in the chat');
  const lines = list.split('\n\n')[0].split('\n');
  return new Map(lines.map((line) => JSON.parse(line)).map((tool) => [tool.name, tool]));
}

/** A call in the form that the instructions show, with values for the parameters that it must have. */
function call(told, name, values) {
  const [, form] = /\n\n([^\n]*\n\{"name": "NAME".*\}\n[^\n]*)/.exec(told);
  const tool = toolsOf(told).get(name);
  if (!tool) throw new Error(`no tool ${name}`);
  const args = Object.fromEntries(values.map((value, at) => [tool.parameters.required[at], value]));
  return form.replace(/\{"name".*\}/, JSON.stringify({ name, arguments: args }));
}

/** Results of tools, oldest first. */
const resultsOf = (told) =>
  [...told.matchAll(/<tool_response>\n(?:Result|Failure) of `(.+?)`:\n([\s\S]*?)\n<\/tool_response>/g)]
    .map(([, name, text]) => ({ name, text }));

/** Adds the numbers of a file into another one and looks at it. Its second call is wrong at first. */
export function adder(prompt, chat) {
  const told = [...chat.map((turn) => turn.prompt), prompt].join('\n');
  const results = resultsOf(told);
  const isMending = prompt.includes('cannot be carried out');
  const sum = () => results[0].text.match(/\d+/g).map(Number).reduce((a, b) => a + b);
  switch (results.length) {
    case 0: return `I read the file, as \`<tool_call>\` is made for.\n\n${call(told, 'Read', ['numbers.txt'])}`;
    case 1: {
      const write = call(told, 'Write', ['sum.txt', String(sum())]);
      return isMending ? write : `Now I write it.\n${write.replace('"content"', '"words"')}`;
    }
    case 2: return call(told, 'Read', ['sum.txt']);
    default: return `The sum is ${results[2].text.match(/\d+/)[0]}, and it is in sum.txt.`;
  }
}
