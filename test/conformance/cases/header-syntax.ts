import { get, type RequestCase } from '../case.ts';

const passes = (intent: string, rfc: string, ...lines: readonly string[]): RequestCase => ({
  intent,
  rfc,
  says: get(...lines),
  sees: [{ line: 'GET / HTTP/1.1', lines }],
});

/** Lines that only we may say to a backend. */
const dropped = (intent: string, ...lines: readonly string[]): RequestCase => ({
  intent,
  rfc: 'ours',
  says: get(...lines),
  sees: [{ line: 'GET / HTTP/1.1' }],
});

const refused = (intent: string, rfc: string, ...lines: readonly string[]): RequestCase => ({
  intent,
  rfc,
  says: get(...lines),
  refused: 400,
});

const visible = String.fromCharCode(...Array.from({ length: 94 }, (_, k) => 33 + k));
const high = String.fromCharCode(...Array.from({ length: 128 }, (_, k) => 128 + k));

/** RFC 9110, 5; RFC 9112, 5. */
export const headerSyntaxCases: readonly RequestCase[] = [
  passes('a name of every token byte', '9110, 5.6.2', "!#$%&'*+-.^_`|~09azAZ: 1"),
  passes('a value of every visible byte', '9110, 5.5', `X-A: ${visible}`),
  passes('a value of every byte above 127', '9110, 5.5', `X-A: ${high}`),
  passes('an empty value', '9110, 5.5', 'X-A:', 'X-B: '),
  passes('a value of spaces and tabs', '9112, 5.1', 'X-A: \t \t'),
  passes('spaces and tabs around a value', '9112, 5.1', 'X-A:\t 1 2\t3 \t'),
  passes('a colon in a value', '9112, 5', 'X-A::', 'X-B: a: b'),
  passes('names keep their letters, lines their order', '9110, 5.3', 'x-b: 2', 'X-A: 1', 'X-b: 3', 'x-A: 4'),
  passes('a name with an underscore', '9110, 5.1', 'X_A: 1'),
  passes('names that begin like those of framing', '9110, 5.1', 'Content-Length-X: 5', 'X-Transfer-Encoding: chunked'),
  passes(
    'an underscore makes another name of a length',
    '9110, 5.1',
    'Content_Length: 5',
    'Transfer_Encoding: chunked',
  ),
  passes('lines that no proxy understands', '9110, 7.6', 'Cookie: a=b; c="d"', 'Range: bytes=0-', 'If-None-Match: "x"'),

  passes('Via of others stays, before ours', '9110, 7.6.3', 'Via: 1.0 fred, 1.1 p.test', 'via: 1.1 komainu-0'),

  dropped('X-Forwarded-For of a client', 'X-Forwarded-For: 192.0.2.1'),
  dropped('two X-Forwarded-For of a client', 'X-Forwarded-For: 192.0.2.1', 'x-forwarded-for: 192.0.2.2'),
  dropped('X-Forwarded-Proto and -Port of a client', 'X-Forwarded-Proto: https', 'X-Forwarded-Port: 443'),
  dropped('X-Real-IP of a client', 'X-Real-IP: 192.0.2.1'),
  dropped('X_Forwarded_For, which CGI takes for the same', 'X_Forwarded_For: 192.0.2.1', 'X-Real_IP: 192.0.2.1'),
  dropped('Forwarded of a client', 'Forwarded: for=192.0.2.1'),
  dropped('Proxy, which CGI takes for HTTP_PROXY', 'Proxy: http://192.0.2.1'),

  refused('a space before the colon', '9112, 5.1', 'X-A : 1'),
  refused('a tab before the colon', '9112, 5.1', 'X-A\t: 1'),
  refused('no colon', '9112, 5', 'X-A'),
  refused('no name', '9112, 5', ': 1'),
  refused('a space in a name', '9110, 5.1', 'X A: 1'),
  refused('a space before a name', '9112, 5.2', ' X-A: 1'),
  refused('a bracket in a name', '9110, 5.6.2', 'X(A): 1'),
  refused('a slash in a name', '9110, 5.6.2', 'X/A: 1'),
  refused('an at in a name', '9110, 5.6.2', 'X@A: 1'),
  refused('a quotation mark in a name', '9110, 5.6.2', '"X": 1'),
  refused('a byte above 127 in a name', '9110, 5.6.2', 'X-\xe9: 1'),
  refused('a NUL in a name', '9110, 5.6.2', 'X\0A: 1'),
  refused('a NUL in a value', '9110, 5.5', 'X-A: 1\x002'),
  refused('a control byte in a value', '9110, 5.5', 'X-A: \x01'),
  refused('a vertical tab in a value', '9110, 5.5', 'X-A: \x0b'),
  refused('an escape byte in a value', '9110, 5.5', 'X-A: \x1b[31m'),
  refused('DEL in a value', '9110, 5.5', 'X-A: \x7f'),
  refused('a line that is folded with a space', '9112, 5.2', 'X-A: 1', ' 2'),
  refused('a line that is folded with a tab', '9112, 5.2', 'X-A: 1', '\t2'),
  refused('a folded line of spaces', '9112, 5.2', 'X-A: 1', ' '),
  refused('a bare LF in a value', '9112, 2.2', 'X-A: 1\nX-B: 2'),
  refused('a bare CR in a value', '9112, 2.2', 'X-A: 1\rX-B: 2'),
  refused('a bare CR at the end of a value', '9112, 2.2', 'X-A: 1\r'),
  refused('a bare CR in a name', '9112, 2.2', 'X-\rA: 1'),
  {
    intent: 'a bare LF as the empty line',
    rfc: '9112, 2.2',
    says: 'GET / HTTP/1.1\r\nHost: a.test\r\n\n',
    refused: 400,
  },
  {
    intent: 'another byte for the CR of the empty line',
    rfc: '9112, 2.2',
    says: 'GET / HTTP/1.1\r\nHost: a.test\r\nX\n',
    refused: 400,
  },
  {
    intent: 'a bare CR as the empty line',
    rfc: '9112, 2.2',
    says: 'GET / HTTP/1.1\r\nHost: a.test\r\n\rX',
    refused: 400,
  },
  { intent: 'LF before CR', rfc: '9112, 2.2', says: 'GET / HTTP/1.1\n\rHost: a.test\n\r\n\r', refused: 400 },
  { intent: 'bare LF throughout', rfc: '9112, 2.2', says: 'GET / HTTP/1.1\nHost: a.test\n\n', refused: 400 },
  {
    intent: 'a space before the first line',
    rfc: '9112, 2.2',
    says: 'GET / HTTP/1.1\r\n X-A: 1\r\nHost: a.test\r\n\r\n',
    refused: 400,
  },
];
