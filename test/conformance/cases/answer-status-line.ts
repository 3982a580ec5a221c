import { type AnswerCase, head } from '../case.ts';

const LENGTH = 'Content-Length: 2';
const says = (line: string) => `${head(line, LENGTH)}ok`;

const passes = (intent: string, rfc: string, line: string, status: string, spent?: true): AnswerCase => ({
  intent,
  rfc,
  says: says(line),
  gets: { status, lines: [LENGTH], framing: 'length', body: 'ok' },
  ...(spent && { spent }),
});

const malformed = (intent: string, rfc: string, line: string): AnswerCase => ({ intent, rfc, says: says(line) });

/** RFC 9112, 4. */
export const answerStatusLineCases: readonly AnswerCase[] = [
  passes('200 OK', '9112, 4', 'HTTP/1.1 200 OK', '200 OK'),
  passes('an empty reason', '9112, 4', 'HTTP/1.1 200 ', '200 '),
  passes('no space behind the status is put right', '9112, 4', 'HTTP/1.1 200', '200 '),
  passes('a reason of many words', '9112, 4', 'HTTP/1.1 200 All is well', '200 All is well'),
  passes('a reason with tabs and bytes above 127', '9112, 4', 'HTTP/1.1 200 \tGe\xf6ffnet', '200 \tGe\xf6ffnet'),
  passes('an unknown status of a class', '9110, 15', 'HTTP/1.1 299 Odd', '299 Odd'),
  passes('the largest status', '9110, 15', 'HTTP/1.1 599 Odd', '599 Odd'),
  passes('an error of the backend is its own', '9110, 15.6', 'HTTP/1.1 500 Mine', '500 Mine'),
  passes('HTTP/1.0 is answered as HTTP/1.1', '9112, 2.3', 'HTTP/1.0 200 OK', '200 OK', true),

  malformed('HTTP/1.2', '9112, 2.3', 'HTTP/1.2 200 OK'),
  malformed('HTTP/2.0', '9112, 2.3', 'HTTP/2.0 200 OK'),
  malformed('HTTP/2', '9112, 2.3', 'HTTP/2 200'),
  malformed('HTTP/0.9', '9112, 2.3', 'HTTP/0.9 200 OK'),
  malformed('HTTP/1.11', '9112, 2.3', 'HTTP/1.11 200 OK'),
  malformed('a version in small letters', '9112, 2.3', 'http/1.1 200 OK'),
  malformed('ICY', '9112, 4', 'ICY 200 OK'),
  malformed('no version', '9112, 4', '200 OK'),
  malformed('two spaces before the status', '9112, 4', 'HTTP/1.1  200 OK'),
  malformed('a tab before the status', '9112, 4', 'HTTP/1.1\t200 OK'),
  malformed('a tab behind the status', '9112, 4', 'HTTP/1.1 200\tOK'),
  malformed('a status of two digits', '9112, 4', 'HTTP/1.1 20 OK'),
  malformed('a status of four digits', '9112, 4', 'HTTP/1.1 2000 OK'),
  malformed('a status of letters', '9112, 4', 'HTTP/1.1 2xx OK'),
  malformed('a status with a sign', '9112, 4', 'HTTP/1.1 +20 OK'),
  malformed('no status', '9112, 4', 'HTTP/1.1 OK'),
  malformed('a status below 100', '9110, 15', 'HTTP/1.1 099 OK'),
  malformed('status 000', '9110, 15', 'HTTP/1.1 000 OK'),
  malformed('a status above 599', '9110, 15', 'HTTP/1.1 600 OK'),
  malformed('status 999', '9110, 15', 'HTTP/1.1 999 OK'),
  malformed('a reason without its space', '9112, 4', 'HTTP/1.1 200OK'),
  malformed('a NUL in the reason', '9112, 4', 'HTTP/1.1 200 O\0K'),
  malformed('a control byte in the reason', '9112, 4', 'HTTP/1.1 200 \x1b[2J'),
  malformed('a bare CR in the reason', '9112, 2.2', 'HTTP/1.1 200 O\rK'),
  malformed('a bare LF behind the reason', '9112, 2.2', 'HTTP/1.1 200 OK\nX-A: 1'),
  malformed('an empty line before the status line', '9112, 4', '\r\nHTTP/1.1 200 OK'),
  malformed('a space before the status line', '9112, 4', ' HTTP/1.1 200 OK'),
  { intent: 'another protocol', rfc: '4253, 4.2', says: 'SSH-2.0-OpenSSH_9.2p1\r\n' },
  { intent: 'TLS', rfc: '5246, 7.2', says: '\x15\x03\x01\x00\x02\x02\x46' },
  { intent: 'text without a head', rfc: '9112, 4', says: '<html></html>\r\n\r\n', ends: true },
  { intent: 'nothing and the end', rfc: '9112, 8', says: '', ends: true, spent: true },
  { intent: 'half a head and the end', rfc: '9112, 8', says: 'HTTP/1.1 200 OK\r\nContent-Le', ends: true },
];
