import { head, post, type RequestCase } from '../case.ts';

const length = (value: string, body: string): string => `${post(`Content-Length: ${value}`)}${body}`;
const coded = (value: string): string => `${post(`Transfer-Encoding: ${value}`)}0\r\n\r\n`;

const badLength = (intent: string, value: string, rfc = '9110, 8.6'): RequestCase => ({
  intent,
  rfc,
  says: length(value, 'abcd'),
  refused: 400,
});

const badCoding = (intent: string, value: string): RequestCase => ({
  intent,
  rfc: '9112, 6.1',
  says: coded(value),
  refused: 400,
});

const chunked = [{ line: 'POST / HTTP/1.1', framing: 'chunked' as const }];

/** Which bytes are the body: RFC 9112, 6. */
export const framingCases: readonly RequestCase[] = [
  {
    intent: 'a body of a length',
    rfc: '9112, 6.2',
    says: length('4', 'abcd'),
    sees: [{ line: 'POST / HTTP/1.1', lines: ['Content-Length: 4'], framing: 'length', body: 'abcd' }],
  },
  {
    intent: 'a length of 0',
    rfc: '9112, 6.2',
    says: length('0', ''),
    sees: [{ line: 'POST / HTTP/1.1', lines: ['Content-Length: 0'], framing: 'length' }],
  },
  {
    intent: 'a length with leading zeros goes on without them',
    rfc: '9110, 8.6',
    says: length('0004', 'abcd'),
    sees: [{ line: 'POST / HTTP/1.1', lines: ['Content-Length:4'], framing: 'length', body: 'abcd' }],
  },
  {
    intent: 'a length between spaces and tabs goes on without them, in its own letters',
    rfc: '9112, 5.1',
    says: `${post('content-LENGTH:\t 4 \t')}abcd`,
    sees: [{ line: 'POST / HTTP/1.1', lines: ['content-LENGTH:4'], framing: 'length', body: 'abcd' }],
  },
  {
    intent: 'a length of 0 with leading zeros, and lines around it',
    rfc: '9110, 8.6',
    says: post('X-A: 1', 'Connection: x-b', 'X-B: 2', 'Content-Length:000 ', 'X-C: 3'),
    sees: [{ line: 'POST / HTTP/1.1', lines: ['X-A: 1', 'Content-Length:0', 'X-C: 3'], framing: 'length' }],
  },
  {
    intent: 'a body of every byte',
    rfc: '9110, 6.4',
    says: length('256', String.fromCharCode(...Array.from({ length: 256 }, (_, k) => k))),
    sees: [
      {
        line: 'POST / HTTP/1.1',
        lines: ['Content-Length: 256'],
        framing: 'length',
        body: String.fromCharCode(...Array.from({ length: 256 }, (_, k) => k)),
      },
    ],
  },
  {
    intent: 'a body that looks like a request',
    rfc: '9112, 6.2',
    says: length('33', 'GET /body HTTP/1.1\r\nHost: a.te\r\n\r\n'.slice(0, 33)),
    sees: [
      {
        line: 'POST / HTTP/1.1',
        lines: ['Content-Length: 33'],
        framing: 'length',
        body: 'GET /body HTTP/1.1\r\nHost: a.te\r\n\r\n'.slice(0, 33),
      },
    ],
  },
  {
    intent: 'POST without length and coding has no body',
    rfc: '9112, 6.3',
    says: post(),
    sees: [{ line: 'POST / HTTP/1.1' }],
  },
  {
    intent: 'GET with a body',
    rfc: '9110, 9.3.1',
    says: `${head('GET / HTTP/1.1', 'Host: a.test', 'Content-Length: 2')}ab`,
    sees: [{ line: 'GET / HTTP/1.1', lines: ['Content-Length: 2'], framing: 'length', body: 'ab' }],
  },
  {
    intent: 'DELETE with a body',
    rfc: '9110, 9.3.5',
    says: `${head('DELETE / HTTP/1.1', 'Host: a.test', 'Content-Length: 2')}ab`,
    sees: [{ line: 'DELETE / HTTP/1.1', lines: ['Content-Length: 2'], framing: 'length', body: 'ab' }],
  },
  {
    intent: 'HTTP/1.0 with a length',
    rfc: '9112, 6.2',
    says: `${head('POST / HTTP/1.0', 'Host: a.test', 'Content-Length: 2')}ab`,
    sees: [{ line: 'POST / HTTP/1.1', lines: ['Content-Length: 2'], framing: 'length', body: 'ab' }],
    closes: true,
  },
  { intent: 'chunked', rfc: '9112, 6.1', says: coded('chunked'), sees: chunked },
  { intent: 'chunked in capitals', rfc: '9112, 7', says: coded('CHUNKED'), sees: chunked },
  { intent: 'Chunked', rfc: '9112, 7', says: coded('Chunked'), sees: chunked },
  { intent: 'chunked between spaces and tabs', rfc: '9112, 5.1', says: coded('\t chunked \t'), sees: chunked },
  {
    intent: 'GET with chunks',
    rfc: '9110, 9.3.1',
    says: `${head('GET / HTTP/1.1', 'Host: a.test', 'Transfer-Encoding: chunked')}2\r\nab\r\n0\r\n\r\n`,
    sees: [{ line: 'GET / HTTP/1.1', framing: 'chunked', body: 'ab' }],
  },

  {
    intent: 'Content-Length before Transfer-Encoding',
    rfc: '9112, 6.1',
    says: `${post('Content-Length: 5', 'Transfer-Encoding: chunked')}0\r\n\r\n`,
    refused: 400,
  },
  {
    intent: 'Content-Length behind Transfer-Encoding',
    rfc: '9112, 6.1',
    says: `${post('Transfer-Encoding: chunked', 'Content-Length: 5')}0\r\n\r\n`,
    refused: 400,
  },
  {
    intent: 'Content-Length: 0 beside Transfer-Encoding',
    rfc: '9112, 6.1',
    says: `${post('Content-Length: 0', 'X-A: 1', 'Transfer-Encoding: chunked')}0\r\n\r\n`,
    refused: 400,
  },
  {
    intent: 'two lengths that differ',
    rfc: '9110, 8.6',
    says: `${post('Content-Length: 4', 'Content-Length: 5')}abcd`,
    refused: 400,
  },
  {
    intent: 'two lengths that are the same',
    rfc: '9110, 8.6',
    says: `${post('Content-Length: 4', 'content-length: 4')}abcd`,
    refused: 400,
  },
  badLength('a list of lengths that are the same', '4, 4'),
  badLength('a list of lengths that differ', '4, 5'),
  badLength('a length and a comma', '4,'),
  badLength('a length with a plus', '+4'),
  badLength('a negative length', '-4'),
  badLength('a hexadecimal length', '0x4'),
  badLength('an octal length', '0o4'),
  badLength('an empty length', ''),
  badLength('a length of two words', '4 4'),
  badLength('a length with a letter', '4a'),
  badLength('a length with a fraction', '4.0'),
  badLength('a length with an exponent', '4e0'),
  badLength('a length with an underscore', '1_0'),
  badLength('a length in quotation marks', '"4"'),
  badLength('a length with a parameter', '4;a=b'),
  badLength('a length with a NUL', '4\0'),
  badLength('a length with a vertical tab', '\x0b4'),
  badLength('a length in another script', '\xb2'),
  badLength('a length of 2^53', '9007199254740992', 'ours'),
  badLength('a length of 2^64 + 4', '18446744073709551620', 'ours'),
  badLength('a length of 40 digits', '9'.repeat(40), 'ours'),
  {
    intent: 'a malformed length in HTTP/1.0',
    rfc: '9110, 8.6',
    says: head('POST / HTTP/1.0', 'Host: a.test', 'Content-Length: +0'),
    refused: 400,
  },
  {
    intent: 'a malformed length of GET',
    rfc: '9110, 8.6',
    says: head('GET / HTTP/1.1', 'Host: a.test', 'Content-Length: x'),
    refused: 400,
  },
  badCoding('gzip', 'gzip'),
  badCoding('identity', 'identity'),
  badCoding('an empty coding', ''),
  badCoding('chunked, then gzip', 'chunked, gzip'),
  badCoding('gzip, then chunked', 'gzip, chunked'),
  badCoding('chunked twice', 'chunked, chunked'),
  badCoding('chunked and a comma', 'chunked,'),
  badCoding('a comma and chunked', ', chunked'),
  badCoding('chunked with a parameter', 'chunked;q=1'),
  badCoding('a longer word', 'xchunked'),
  badCoding('a word that chunked begins', 'chunkedx'),
  badCoding('chunked in quotation marks', '"chunked"'),
  badCoding('chunked behind a vertical tab', '\x0bchunked'),
  badCoding('chunked behind a NUL', '\0chunked'),
  badCoding('chunked before a byte above 127', 'chunked\xa0'),
  badCoding('two words', 'chun ked'),
  {
    intent: 'two lines of chunked',
    rfc: '9112, 6.1',
    says: `${post('Transfer-Encoding: chunked', 'Transfer-Encoding: chunked')}0\r\n\r\n`,
    refused: 400,
  },
  {
    intent: 'two lines, the first of another coding',
    rfc: '9112, 6.1',
    says: `${post('Transfer-Encoding: identity', 'Transfer-Encoding: chunked')}0\r\n\r\n`,
    refused: 400,
  },
  {
    intent: 'a space before the colon of Transfer-Encoding',
    rfc: '9112, 5.1',
    says: `${post('Transfer-Encoding : chunked')}0\r\n\r\n`,
    refused: 400,
  },
  {
    intent: 'a folded Transfer-Encoding',
    rfc: '9112, 5.2',
    says: `${post('Transfer-Encoding:', ' chunked')}0\r\n\r\n`,
    refused: 400,
  },
  {
    intent: 'Transfer-Encoding in HTTP/1.0',
    rfc: '9112, 6.1',
    says: `${head('POST / HTTP/1.0', 'Host: a.test', 'Transfer-Encoding: chunked')}0\r\n\r\n`,
    refused: 400,
  },
];
