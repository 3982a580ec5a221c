import type { Dice } from '../../../../src/base/dice.ts';

/** Small and good enough (mulberry32): the same seed gives the same numbers. */
export function seededDice(seed: number): Dice {
  let state = seed | 0;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return t ^ (t >>> 14);
  };
  return { below: (limit) => (next() >>> 0) % limit, seed: next };
}

export const oneOf = <T>(dice: Dice, list: readonly T[]): T => list[dice.below(list.length)]!;

const some = <T>(dice: Dice, list: readonly T[], most: number): T[] =>
  Array.from({ length: dice.below(most + 1) }, () => oneOf(dice, list));

function shuffled<T>(dice: Dice, list: readonly T[]): T[] {
  const result = [...list];
  for (let k = result.length - 1; k > 0; k--) {
    const other = dice.below(k + 1);
    [result[k], result[other]] = [result[other]!, result[k]!];
  }
  return result;
}

const methods = ['GET', 'GET', 'GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PROPFIND', 'm-x'];
const segments = [
  'a',
  'api',
  'v1',
  'index.html',
  '%20',
  '%c3%A9',
  '%61b',
  '.well-known',
  'x;y=1',
  "!$&'()*+,=:@~",
  '{id}',
  '...',
  '',
];
const queries = ['', '', '?', '?a=1&b=%2e', '?q=[1]|{2}', '?//../\\'];
const hosts = ['a.test', 'A.Example.Test:8080', '10.0.0.1', '[::1]', '[2001:db8::1]:443', 'my_app', 'a.test.'];
const usualLines = [
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64)',
  'Accept: */*',
  'accept-encoding: gzip, deflate, br',
  'Accept-Language:\ten-US,en;q=0.5 ',
  'Cookie: a=b; c="d e"',
  'X-Empty:',
  'X-Latin: caf\xe9',
  'Content-Type: text/html; charset=utf-8',
  'ETag: "abc"',
  'Set-Cookie: a=b; Path=/',
  'Cache-Control: no-cache',
  'my_header: 1',
];
const connectionLines = [
  'Connection: keep-alive',
  'Connection: close',
  'connection: Keep-Alive, x-named,',
  'Connection: upgrade, te',
  'Connection: content-type, cookie, cache-control',
  'Keep-Alive: timeout=5, max=100',
  'keep-alive: max=2 , TIMEOUT=7',
  'Proxy-Connection: keep-alive',
  'TE: trailers',
  'Trailer: X-Sum',
  'Upgrade: websocket',
  'X-Named: 1',
  'X-Forwarded-For: 1.2.3.4',
  'X-Real-IP: 1.2.3.4',
  'Forwarded: for=1.2.3.4',
];
const requestFramings = [
  [],
  [],
  ['Content-Length: 5'],
  ['content-length:0 '],
  ['Transfer-Encoding: chunked'],
  ['Expect: 100-continue', 'Content-Length: 12345678901'],
];
const answerFramings = [
  [],
  ['Content-Length: 1024'],
  ['Content-Length: 1024'],
  ['content-length: 0'],
  ['Transfer-Encoding: Chunked'],
];

const path = (dice: Dice) =>
  `/${Array.from({ length: dice.below(5) }, () => oneOf(dice, segments)).join('/')}${oneOf(dice, ['', '/', '/x/..', '/./', '//'])}`;

function target(dice: Dice, method: string): string {
  const form = dice.below(10);
  if (form === 0 && method === 'OPTIONS') return '*';
  if (form === 1)
    return `${oneOf(dice, ['http', 'HTTPS'])}://${oneOf(dice, hosts)}${oneOf(dice, [path(dice), ''])}${oneOf(dice, queries)}`;
  return path(dice) + oneOf(dice, queries);
}

const block = (lines: readonly string[]) => `${lines.map((line) => `${line}\r\n`).join('')}\r\n`;

/** A valid head of a request, as latin1 text. */
export function validRequest(dice: Dice): string {
  const method = oneOf(dice, methods);
  const old = dice.below(8) === 0;
  const framing = oneOf(dice, requestFramings).filter((line) => !old || !line.startsWith('Transfer-Encoding'));
  const host = old && dice.below(2) === 0 ? [] : [`${oneOf(dice, ['Host', 'host', 'HOST'])}: ${oneOf(dice, hosts)}`];
  const lines = shuffled(dice, [...host, ...framing, ...some(dice, usualLines, 7), ...some(dice, connectionLines, 4)]);
  return `${dice.below(10) === 0 ? '\r\n' : ''}${method} ${target(dice, method)} HTTP/1.${old ? 0 : 1}\r\n${block(lines)}`;
}

const statuses = [
  '200 OK',
  '200 OK',
  '200 OK',
  '100 Continue',
  '101 Switching Protocols',
  '103 Early Hints',
  '102 Processing',
  '204 No Content',
  '206 ',
  '301',
  '304 Not Modified',
  '404 Not Found \xe9',
  '500 x',
  '599 y',
];

/** A valid head of an answer, as latin1 text. */
export function validAnswer(dice: Dice): string {
  const old = dice.below(8) === 0;
  const framing = oneOf(dice, answerFramings).filter((line) => !old || !line.startsWith('Transfer-Encoding'));
  const lines = shuffled(dice, [...framing, ...some(dice, usualLines, 8), ...some(dice, connectionLines, 4)]);
  return `HTTP/1.${old ? 0 : 1} ${oneOf(dice, statuses)}\r\n${block(lines)}`;
}

/** A valid chunked body, as latin1 text. */
export function validChunked(dice: Dice): string {
  const chunks = Array.from({ length: dice.below(5) }, () => {
    const data = '0123456789\r\n;'.repeat(20).slice(dice.below(30), 31 + dice.below(200));
    const size = oneOf(dice, [data.length.toString(16), data.length.toString(16).toUpperCase().padStart(4, '0')]);
    return `${size}${oneOf(dice, ['', '', ';a=b', ';x="y z"'])}\r\n${data}\r\n`;
  });
  return `${chunks.join('')}0${oneOf(dice, ['', ';last'])}\r\n${block(some(dice, usualLines, 2))}`;
}

/** Pieces that change what a head means where they land. */
const splinters = [
  '\r\n',
  '\n',
  '\r',
  '\0',
  ' ',
  '\t',
  ':',
  ',',
  ';',
  '/',
  '//',
  '.',
  '..',
  '/../',
  '/..;',
  '%',
  '%2e',
  '%2f',
  '%00',
  '%c0%ae',
  '%e0%80',
  '\\',
  '#',
  '?',
  '*',
  '@',
  '"',
  '0',
  '5',
  'g',
  '+',
  '\x7f',
  '\x80',
  '\xff',
  'http://b.test',
  'HTTP/1.1',
  'HTTP/1.0',
  'HTTP/2.0',
  '\r\n\r\n',
  '\r\n ',
  'Host: b.test\r\n',
  'Host',
  'Content-Length: 7\r\n',
  'Content-Length',
  'Transfer-Encoding: chunked\r\n',
  'Transfer-Encoding',
  'chunked',
  'Connection: x-named, content-length\r\n',
  'Connection: ',
  'upgrade',
  'Upgrade: h2c\r\n',
  'Expect: 100-continue\r\n',
  'Expect: x\r\n',
  'X_Forwarded_For: 6\r\n',
  'TE: trailers\r\n',
];

/** `text` with one to four wounds. `other` lends pieces. */
export function mutated(dice: Dice, text: string, other: string): string {
  let result = text;
  for (let wounds = 1 + dice.below(4); wounds > 0; wounds--) {
    const at = dice.below(result.length + 1);
    const to = Math.min(result.length, at + dice.below(dice.below(4) === 0 ? 60 : 4));
    const from = dice.below(other.length);
    const piece = [
      () => '',
      () => String.fromCharCode(dice.below(256)),
      () => oneOf(dice, splinters),
      () => oneOf(dice, splinters),
      () => result.slice(at, to).repeat(2),
      () => other.slice(from, from + dice.below(80)),
      () => result.slice(at, to).replace(/[a-z]+/g, (letters) => letters.toUpperCase()),
    ][dice.below(7)]!();
    result = result.slice(0, at) + piece + result.slice(to);
  }
  return result;
}
