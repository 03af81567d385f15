// One growing array without keys, by XMLHttpRequest: each element is an answer's fragment. A payload of
// two holds text at 1, a longer one reasoning at 1; each fragment ends with the role "model".
//
// A payload of eleven with nothing at 1 holds a call at 10: the function's name, and its arguments by
// positions.
//
// Script: { text, reasoning, calls, error, status, chunk_ms }

import { answerTo, jsonOf, pieces, writePieces } from '../server.mjs';

const SERVICE = '/$rpc/google.internal.alkali.applications.makersuite.v1.MakerSuiteService';
export const MODELS = [['models/iris-pro', null, '001', 'Iris Pro'], ['models/iris-flash', null, '001', 'Iris Flash']];

export async function handle(standIn, request, response, url) {
  if (request.method !== 'POST' || !url.pathname.startsWith(`${SERVICE}/`)) return false;
  const call = url.pathname.slice(SERVICE.length + 1);
  response.setHeader('content-type', 'application/json+protobuf; charset=UTF-8');
  if (call === 'ListModels') {
    response.end(JSON.stringify([MODELS]));
    return true;
  }
  if (call !== 'GenerateContent') return false;
  const [model, prompt, settings] = await jsonOf(request);
  const turn = standIn.take(prompt, { model, settings });
  if (turn.status) {
    response.writeHead(turn.status);
    response.end(JSON.stringify([null, [8, turn.error ?? 'You have reached your rate limit.']]));
    return true;
  }
  await writePieces(response, fragments(turn), turn.chunk_ms);
  response.end();
  return true;
}

/** A value as the site writes it: at the place of its kind. */
function placed(value) {
  const at = (place, what) => [...new Array(place).fill(null), what];
  if (value === null) return [0];
  if (typeof value === 'number') return at(1, value);
  if (typeof value === 'string') return at(2, value);
  if (typeof value === 'boolean') return at(3, Number(value));
  if (Array.isArray(value)) return at(5, [value.map(placed)]);
  return at(4, fieldsOf(value));
}

const fieldsOf = (fields) => [Object.entries(fields).map(([name, value]) => [name, placed(value)])];

function fragments({ text, reasoning, calls = [] }) {
  const part = (payload) => JSON.stringify([[[[[payload], 'model']]], null, [0, 0, 0]]);
  const thoughts = (reasoning ? pieces(reasoning) : []).map((piece) =>
    part([null, piece, null, null, null, null, null, null, null, null, null, null, 1]));
  const called = calls.map(([name, args]) =>
    part([null, null, null, null, null, null, null, null, null, null, [name, fieldsOf(args)]]));
  const all = [...thoughts, ...pieces(text).map((piece) => part([null, piece])), ...called];
  return [`[[${all[0]}`, ...all.slice(1).map((one) => `,${one}`), ']]'];
}

/** One turn as a browser relays it. */
export async function record(prompt, { origin, follow }) {
  const body = JSON.stringify(['iris-pro', prompt, {}]);
  const response = await fetch(`${origin}${SERVICE}/GenerateContent`, { method: 'POST', body });
  return { records: await follow(response, 0), text: response.ok ? answerTo(prompt) : undefined };
}
