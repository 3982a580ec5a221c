import { type AnswerCase, get, head, ok } from '../case.ts';

const HEAD = ok('Transfer-Encoding: chunked');

const passes = (intent: string, rfc: string, wire: string, body: string): AnswerCase => ({
  intent,
  rfc,
  says: HEAD + wire,
  gets: { status: '200 OK', framing: 'chunked', body },
});

/** The head and `body` were in order and may have gone to the client, which must learn that there was more. */
const broken = (intent: string, rfc: string, wire: string, body = ''): AnswerCase => ({
  intent,
  rfc,
  says: HEAD + wire,
  gets: { status: '200 OK', framing: 'chunked', body, cut: true },
  closes: true,
  spent: true,
});

const old = head('GET / HTTP/1.0', 'Host: a.test');

/** RFC 9112, 7.1. */
export const answerChunkedCases: readonly AnswerCase[] = [
  passes('one chunk', '9112, 7.1', '4\r\nabcd\r\n0\r\n\r\n', 'abcd'),
  passes('many chunks', '9112, 7.1', '1\r\na\r\n2\r\nbc\r\nA\r\n0123456789\r\n0\r\n\r\n', 'abc0123456789'),
  passes('no chunk', '9112, 7.1', '0\r\n\r\n', ''),
  passes('leading zeros', '9112, 7.1', '0004\r\nabcd\r\n0000\r\n\r\n', 'abcd'),
  passes('data that looks like the last chunk', '9112, 7.1', '5\r\n0\r\n\r\n\r\n0\r\n\r\n', '0\r\n\r\n'),
  passes('extensions are dropped', '9112, 7.1.1', '4;a="b c"\r\nabcd\r\n0;d\r\n\r\n', 'abcd'),
  passes('trailers are dropped', '9112, 7.1.2', '4\r\nabcd\r\n0\r\nX-Sum: 1\r\n\r\n', 'abcd'),
  {
    ...passes('bytes behind the last chunk', '9112, 6.3', '4\r\nabcd\r\n0\r\n\r\n', 'abcd'),
    surplus: HEAD,
    spent: true,
  },
  {
    intent: 'trailers are passed to who says TE: trailers',
    rfc: '9110, 6.5.1',
    asks: get('TE: trailers', 'Connection: TE'),
    says: `${HEAD}4\r\nabcd\r\n0;x\r\nX-Sum: 1\r\nx-other:\t2 \r\n\r\n`,
    gets: { status: '200 OK', framing: 'chunked', body: 'abcd', trailers: ['X-Sum: 1', 'x-other: 2'] },
  },
  {
    intent: 'trailers that belong into a head are not passed',
    rfc: '9110, 6.5.1',
    asks: get('TE: trailers', 'Connection: TE'),
    says: `${HEAD}0\r\nContent-Length: 5\r\nX-Sum: 1\r\nTransfer-Encoding: chunked\r\nSet-Cookie: a=b\r\nConnection: x\r\n\r\n`,
    gets: { status: '200 OK', framing: 'chunked', trailers: ['X-Sum: 1'] },
  },
  {
    intent: 'HTTP/1.0 gets no trailers',
    rfc: '9110, 6.5.1',
    asks: head('GET / HTTP/1.0', 'Host: a.test', 'TE: trailers'),
    says: `${HEAD}2\r\nok\r\n0\r\nX-Sum: 1\r\n\r\n`,
    gets: { status: '200 OK', framing: 'until-close', body: 'ok' },
    closes: true,
  },
  {
    intent: 'chunks end the connection of HTTP/1.0',
    rfc: '9112, 6.1',
    asks: old,
    says: `${HEAD}4\r\nabcd\r\n0\r\n\r\n`,
    gets: { status: '200 OK', framing: 'until-close', body: 'abcd' },
    closes: true,
  },
  {
    intent: 'chunks end the connection of HTTP/1.0 with keep-alive',
    rfc: '9112, 6.1',
    asks: head('GET / HTTP/1.0', 'Host: a.test', 'Connection: keep-alive'),
    says: `${HEAD}4\r\nabcd\r\n0\r\n\r\n`,
    gets: { status: '200 OK', framing: 'until-close', body: 'abcd' },
    closes: true,
  },
  {
    intent: 'CHUNKED',
    rfc: '9112, 7',
    says: `${ok('transfer-encoding:CHUNKED')}2\r\nok\r\n0\r\n\r\n`,
    gets: { status: '200 OK', framing: 'chunked', body: 'ok' },
  },
  broken('a size that is no number', '9112, 7.1', 'x\r\nabcd\r\n0\r\n\r\n'),
  broken('no size', '9112, 7.1', '\r\nabcd\r\n0\r\n\r\n'),
  broken('a negative size', '9112, 7.1', '-4\r\nabcd\r\n0\r\n\r\n'),
  broken('a size with 0x', '9112, 7.1', '0x4\r\nabcd\r\n0\r\n\r\n'),
  broken('a space behind a size', '9112, 7.1', '4 \r\nabcd\r\n0\r\n\r\n'),
  broken('a size of 2^53', 'ours', '20000000000000\r\nabcd\r\n0\r\n\r\n'),
  broken('a bare LF behind a size', '9112, 2.2', '4\nabcd\r\n0\r\n\r\n'),
  broken('a second chunk of a bad size', '9112, 7.1', '4\r\nabcd\r\nz\r\n', 'abcd'),
  broken('a chunk longer than its size', '9112, 7.1', '4\r\nabcde\r\n0\r\n\r\n', 'abcd'),
  broken('a bare LF behind a chunk', '9112, 7.1', '4\r\nabcd\n0\r\n\r\n', 'abcd'),
  broken('another byte for the CR behind a chunk', '9112, 7.1', '4\r\nabcdX\n0\r\n\r\n', 'abcd'),
  broken('another byte for the LF behind a chunk', '9112, 7.1', '4\r\nabcd\rX0\r\n\r\n', 'abcd'),
  broken('another byte for the LF behind a size', '9112, 7.1', '4\rXabcd\r\n0\r\n\r\n'),
  broken('another byte for the last LF', '9112, 7.1', '4\r\nabcd\r\n0\r\n\rX', 'abcd'),
  broken('an empty line for the last chunk', '9112, 7.1', '4\r\nabcd\r\n\r\n\r\n', 'abcd'),
  broken('a NUL in an extension', '9112, 7.1.1', '4;\0\r\nabcd\r\n0\r\n\r\n'),
  broken('a trailer without a colon', '9112, 7.1.2', '4\r\nabcd\r\n0\r\nno trailer\r\n\r\n', 'abcd'),
  broken('a NUL in a trailer', '9110, 5.5', '4\r\nabcd\r\n0\r\nX: \0\r\n\r\n', 'abcd'),
  broken('a folded trailer', '9112, 5.2', '4\r\nabcd\r\n0\r\nX: 1\r\n 2\r\n\r\n', 'abcd'),
  { ...broken('the end before the last chunk', '9112, 8', '4\r\nabcd\r\n', 'abcd'), ends: true },
  { ...broken('the end within a chunk', '9112, 8', '8\r\nabcd', 'abcd'), ends: true },
  { ...broken('the end within the trailers', '9112, 8', '4\r\nabcd\r\n0\r\n', 'abcd'), ends: true },
  {
    intent: 'a bad size for HTTP/1.0, which can only be told by a reset',
    rfc: '9112, 8',
    asks: old,
    says: `${HEAD}4\r\nabcd\r\n`,
    later: 'z\r\n',
    gets: { status: '200 OK', framing: 'until-close', body: 'abcd', cut: true },
    closes: true,
    spent: true,
  },
];
