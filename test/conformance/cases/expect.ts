import { get, head, post, type RequestCase } from '../case.ts';

/** RFC 9110, 10.1.1. What is said when, and what early answers do, stands in `expect-continue.test.ts`. */
export const expectCases: readonly RequestCase[] = [
  {
    intent: '100-continue without a body is sent on and nothing waits',
    rfc: '9110, 10.1.1',
    says: get('Expect: 100-continue'),
    sees: [{ line: 'GET / HTTP/1.1', lines: ['Expect: 100-continue'] }],
  },
  {
    intent: '100-continue with a body that does not wait',
    rfc: '9110, 10.1.1',
    says: `${post('Expect: 100-continue', 'Content-Length: 4')}abcd`,
    sees: [
      {
        line: 'POST / HTTP/1.1',
        lines: ['Expect: 100-continue', 'Content-Length: 4'],
        framing: 'length',
        body: 'abcd',
      },
    ],
  },
  {
    intent: '100-continue in other letters, with chunks that do not wait',
    rfc: '9110, 10.1.1',
    says: `${post('expect:100-Continue', 'Transfer-Encoding: chunked')}4\r\nabcd\r\n0\r\n\r\n`,
    sees: [{ line: 'POST / HTTP/1.1', lines: ['expect:100-Continue'], framing: 'chunked', body: 'abcd' }],
  },
  {
    intent: '100-continue twice goes on once',
    rfc: '9110, 10.1.1',
    says: get('X-A: 1', 'expect: 100-CONTINUE', 'X-B: 2', 'Expect: 100-continue', 'X-C: 3'),
    sees: [{ line: 'GET / HTTP/1.1', lines: ['X-A: 1', 'expect: 100-CONTINUE', 'X-B: 2', 'X-C: 3'] }],
  },
  {
    intent: 'HTTP/1.0 has no Expect',
    rfc: '9110, 10.1.1',
    says: `${head('POST / HTTP/1.0', 'Host: a.test', 'Expect: 100-continue', 'Content-Length: 4')}abcd`,
    sees: [{ line: 'POST / HTTP/1.1', lines: ['Content-Length: 4'], framing: 'length', body: 'abcd' }],
    closes: true,
  },
  { intent: 'an unknown expectation', rfc: '9110, 10.1.1', says: get('Expect: miracles'), refused: 417 },
  {
    intent: 'an unknown expectation beside the known one',
    rfc: '9110, 10.1.1',
    says: get('Expect: 100-continue, x'),
    refused: 417,
  },
  {
    intent: 'an expectation with a parameter',
    rfc: '9110, 10.1.1',
    says: get('Expect: 100-continue;x=1'),
    refused: 417,
  },
  {
    intent: 'an unknown expectation from who reads JSON, in a head that was not read to its end',
    rfc: '9457, 3',
    says: get('Accept: application/json', 'Expect: x'),
    refused: 417,
  },
  { intent: 'an empty expectation', rfc: '9110, 10.1.1', says: get('Expect:'), refused: 417 },
  { intent: 'a longer word', rfc: '9110, 10.1.1', says: get('Expect: 100-continued'), refused: 417 },
  {
    intent: 'an unknown expectation before a body',
    rfc: '9110, 10.1.1',
    says: `${post('Expect: x', 'Content-Length: 4')}abcd`,
    refused: 417,
  },
];
