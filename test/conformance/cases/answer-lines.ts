import { type AnswerCase, ok } from '../case.ts';

const LENGTH = 'Content-Length: 2';

const passes = (intent: string, rfc: string, lines: readonly string[], kept = lines): AnswerCase => ({
  intent,
  rfc,
  says: `${ok(LENGTH, ...lines)}ok`,
  gets: { status: '200 OK', lines: [LENGTH, ...kept], framing: 'length', body: 'ok' },
});

const malformed = (intent: string, rfc: string, ...lines: readonly string[]): AnswerCase => ({
  intent,
  rfc,
  says: `${ok(LENGTH, ...lines)}ok`,
});

const length = { status: '200 OK', framing: 'length' as const, body: 'ok' };

const visible = String.fromCharCode(...Array.from({ length: 94 }, (_, k) => 33 + k));
const high = String.fromCharCode(...Array.from({ length: 128 }, (_, k) => 128 + k));

/** Header lines of answers: RFC 9110, 5 and 7.6.1; RFC 9112, 5. */
export const answerLinesCases: readonly AnswerCase[] = [
  passes('names of every token byte', '9110, 5.6.2', ["!#$%&'*+-.^_`|~09azAZ: 1"]),
  passes('values of every visible byte and those above 127', '9110, 5.5', [`X-A: ${visible}`, `X-B: ${high}`]),
  passes('empty values, spaces and tabs', '9112, 5.1', ['X-A:', 'X-B: \t', 'X-C:\t 1 \t2 ']),
  passes('names keep their letters, lines their order', '9110, 5.3', [
    'set-cookie: a=1',
    'Set-Cookie: b=2',
    'SET-COOKIE: c=3',
  ]),
  passes('what the backend says of itself', '9110, 10.2.4', ['Server: x/1.0', 'X-Powered-By: y', 'ETag: "z"']),
  passes(
    'hop-by-hop lines are dropped',
    '9110, 7.6.1',
    ['Keep-Alive: timeout=60', 'Proxy-Connection: x', 'TE: x', 'Trailer: X-Sum', 'Upgrade: h2c', 'X-A: 1'],
    ['X-A: 1'],
  ),
  passes(
    'lines that Connection names are dropped',
    '9110, 7.6.1',
    ['X-A: 1', 'Connection: x-a, X-B', 'x-b: 2', 'X-C: 3'],
    ['X-C: 3'],
  ),
  passes(
    'lines that are for everybody stay',
    '9110, 7.6.1',
    ['Connection: set-cookie, content-type', 'Set-Cookie: a=b', 'Content-Type: x/y'],
    ['Set-Cookie: a=b', 'Content-Type: x/y'],
  ),
  {
    intent: 'Date of the backend stays',
    rfc: '9110, 6.6.1',
    says: `${ok('X-A: 1', 'date:Sun, 06 Nov 1994 08:49:37 GMT', LENGTH)}ok`,
    gets: { ...length, lines: ['X-A: 1', LENGTH], date: 'Sun, 06 Nov 1994 08:49:37 GMT' },
  },
  {
    intent: 'the first of two Dates stays',
    rfc: '9110, 6.6.1',
    says: `${ok('Date: Sun, 06 Nov 1994 08:49:37 GMT', LENGTH, 'Date: Mon, 07 Nov 1994 08:49:37 GMT')}ok`,
    gets: { ...length, lines: [LENGTH], date: 'Sun, 06 Nov 1994 08:49:37 GMT' },
  },
  {
    intent: 'Date stays though Connection names it',
    rfc: '9110, 7.6.1',
    says: `${ok('Date: Sun, 06 Nov 1994 08:49:37 GMT', LENGTH, 'Connection: date')}ok`,
    gets: { ...length, lines: [LENGTH], date: 'Sun, 06 Nov 1994 08:49:37 GMT' },
  },
  malformed('a space before a colon', '9112, 5.1', 'X-A : 1'),
  malformed('no colon', '9112, 5', 'X-A'),
  malformed('no name', '9112, 5', ': 1'),
  malformed('a space in a name', '9110, 5.1', 'X A: 1'),
  malformed('a byte above 127 in a name', '9110, 5.6.2', 'X-\xe9: 1'),
  malformed('a NUL in a name', '9110, 5.6.2', 'X\0: 1'),
  malformed('a NUL in a value', '9110, 5.5', 'X-A: \0'),
  malformed('a control byte in a value', '9110, 5.5', 'X-A: \x08'),
  malformed('DEL in a value', '9110, 5.5', 'X-A: \x7f'),
  malformed('a folded line', '9112, 5.2', 'X-A: 1', ' 2'),
  malformed('a line folded with a tab', '9112, 5.2', 'X-A: 1', '\t2'),
  malformed('a bare CR in a value', '9112, 2.2', 'X-A: 1\rX-B: 2'),
  malformed('a bare LF in a value', '9112, 2.2', 'X-A: 1\nX-B: 2'),
  malformed('another byte for the LF behind a value', '9112, 2.2', 'X-A: 1\rXX-B: 2'),
  { intent: 'another byte for the last LF', rfc: '9112, 2.2', says: 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\rXok' },
  {
    intent: 'another byte for the LF behind the status',
    rfc: '9112, 2.2',
    says: 'HTTP/1.1 200 OK\rXContent-Length: 2\r\n\r\nok',
  },
  malformed('an option of Connection that is no token', '9110, 7.6.1', 'Connection: a b'),
  { intent: 'bare LF throughout', rfc: '9112, 2.2', says: 'HTTP/1.1 200 OK\nContent-Length: 2\n\nok' },
  { ...malformed('a head larger than allowed', 'ours', `X-A: ${'a'.repeat(40_000)}`), whole: true },
  {
    ...malformed('more lines than allowed', 'ours', ...Array.from({ length: 120 }, (_, k) => `X-${k}: 1`)),
    whole: true,
  },
];
