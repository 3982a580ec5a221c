import { get, head, post, type RequestCase } from '../case.ts';

/** The stage is started with these. */
export const limits = { headBytes: 2048, targetBytes: 1000, headerLines: 50, bodyBytes: 1000 };

const lines = (count: number) => Array.from({ length: count }, (_, k) => `X-${k}: 1`);
const targetOf = (size: number) => `/${'a'.repeat(size - 1)}`;
/** GET with a head of so many bytes. */
const sized = (size: number) => get(`X-A: ${'a'.repeat(size - get('X-A: ').length)}`);
const fill = (size: number) => 'b'.repeat(size);

/** Settings that bound what a client may send. */
export const limitCases: readonly RequestCase[] = [
  {
    intent: 'the longest target',
    rfc: '9110, 15.5.15',
    says: head(`GET ${targetOf(limits.targetBytes)} HTTP/1.1`, 'Host: a.test'),
    sees: [{ line: `GET ${targetOf(limits.targetBytes)} HTTP/1.1` }],
    whole: true,
  },
  {
    intent: 'a target one byte too long',
    rfc: '9110, 15.5.15',
    says: head(`GET ${targetOf(limits.targetBytes + 1)} HTTP/1.1`, 'Host: a.test'),
    refused: 414,
  },
  {
    intent: 'a target that is too long before it is canonical',
    rfc: '9110, 15.5.15',
    says: head(`GET /${'/'.repeat(limits.targetBytes)} HTTP/1.1`, 'Host: a.test'),
    refused: 414,
  },
  {
    intent: 'an absolute-form that is too long',
    rfc: '9110, 15.5.15',
    says: head(`GET http://a.test${targetOf(limits.targetBytes)} HTTP/1.1`, 'Host: a.test'),
    refused: 414,
  },
  {
    intent: 'as many lines as allowed',
    rfc: '6585, 5',
    says: get(...lines(limits.headerLines - 1)),
    sees: [{ line: 'GET / HTTP/1.1', lines: lines(limits.headerLines - 1) }],
    whole: true,
  },
  { intent: 'one line too many', rfc: '6585, 5', says: get(...lines(limits.headerLines)), refused: 431 },
  {
    intent: 'the largest head',
    rfc: '6585, 5',
    says: sized(limits.headBytes),
    sees: [{ line: 'GET / HTTP/1.1', lines: [`X-A: ${'a'.repeat(limits.headBytes - get('X-A: ').length)}`] }],
    whole: true,
  },
  { intent: 'a head one byte too large', rfc: '6585, 5', says: sized(limits.headBytes + 1), refused: 431 },
  {
    intent: 'a name without end',
    rfc: '6585, 5',
    says: `GET / HTTP/1.1\r\n${'a'.repeat(limits.headBytes)}`,
    refused: 431,
  },
  { intent: 'a method without end', rfc: '9112, 3', says: 'a'.repeat(100), refused: 501 },
  {
    intent: 'the longest body of a length',
    rfc: '9110, 15.5.14',
    says: post(`Content-Length: ${limits.bodyBytes}`) + fill(limits.bodyBytes),
    sees: [
      {
        line: 'POST / HTTP/1.1',
        lines: [`Content-Length: ${limits.bodyBytes}`],
        framing: 'length',
        body: fill(limits.bodyBytes),
      },
    ],
    whole: true,
  },
  {
    intent: 'a body of a length one byte too long',
    rfc: '9110, 15.5.14',
    says: post(`Content-Length: ${limits.bodyBytes + 1}`) + fill(limits.bodyBytes + 1),
    refused: 413,
  },
  {
    intent: 'a length of 2^53 - 1',
    rfc: '9110, 15.5.14',
    says: post('Content-Length: 9007199254740991'),
    refused: 413,
  },
  {
    intent: 'the longest body in chunks',
    rfc: '9110, 15.5.14',
    says: `${post('Transfer-Encoding: chunked')}${limits.bodyBytes.toString(16)}\r\n${fill(limits.bodyBytes)}\r\n0\r\n\r\n`,
    sees: [{ line: 'POST / HTTP/1.1', framing: 'chunked', body: fill(limits.bodyBytes) }],
    whole: true,
  },
  {
    intent: 'a body in chunks one byte too long',
    rfc: '9110, 15.5.14',
    says: `${post('Transfer-Encoding: chunked')}${limits.bodyBytes.toString(16)}\r\n${fill(limits.bodyBytes)}\r\n1\r\nb\r\n0\r\n\r\n`,
    broken: 413,
    whole: true,
  },
];
