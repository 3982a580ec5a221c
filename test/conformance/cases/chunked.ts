import { post, type RequestCase } from '../case.ts';

const HEAD = post('Transfer-Encoding: chunked');

const passes = (intent: string, rfc: string, wire: string, body: string): RequestCase => ({
  intent,
  rfc,
  says: HEAD + wire,
  sees: [{ line: 'POST / HTTP/1.1', framing: 'chunked', body }],
});

/** What stands behind the fault is there to be taken for a request. */
const broken = (intent: string, rfc: string, wire: string, status = 400): RequestCase => ({
  intent,
  rfc,
  says: HEAD + wire,
  broken: status,
});

const long = 'x'.repeat(500);

/** RFC 9112, 7.1. */
export const chunkedCases: readonly RequestCase[] = [
  passes('one chunk', '9112, 7.1', '4\r\nabcd\r\n0\r\n\r\n', 'abcd'),
  passes('many chunks', '9112, 7.1', '1\r\na\r\n2\r\nbc\r\n3\r\ndef\r\n0\r\n\r\n', 'abcdef'),
  passes('no chunk', '9112, 7.1', '0\r\n\r\n', ''),
  passes(
    'sizes in small and in capital letters',
    '9112, 7.1',
    'a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n',
    '01234567890123456789',
  ),
  passes('leading zeros', '9112, 7.1', '0000000000000004\r\nabcd\r\n000\r\n\r\n', 'abcd'),
  passes('data with CR and LF', '9112, 7.1', '8\r\n\r\n\n\r0\r\n\r\r\n0\r\n\r\n', '\r\n\n\r0\r\n\r'),
  passes('data that looks like the last chunk', '9112, 7.1', '5\r\n0\r\n\r\n\r\n0\r\n\r\n', '0\r\n\r\n'),
  passes(
    'data that looks like a request',
    '9112, 7.1',
    '12\r\nGET / HTTP/1.1\r\n\r\n\r\n0\r\n\r\n',
    'GET / HTTP/1.1\r\n\r\n',
  ),
  passes('an extension is dropped', '9112, 7.1.1', '4;a=b\r\nabcd\r\n0\r\n\r\n', 'abcd'),
  passes('an extension without a value', '9112, 7.1.1', '4;a\r\nabcd\r\n0;last\r\n\r\n', 'abcd'),
  passes('an extension in quotation marks', '9112, 7.1.1', '4;a="b;c 0"\r\nabcd\r\n0\r\n\r\n', 'abcd'),
  passes('two extensions with spaces between', '9112, 7.1.1', '4; a = b ;c\r\nabcd\r\n0\r\n\r\n', 'abcd'),
  passes('an extension of 500 bytes', 'ours', `4;${long}\r\nabcd\r\n0\r\n\r\n`, 'abcd'),
  passes('trailers are dropped', '9112, 7.1.2', '4\r\nabcd\r\n0\r\nX-Sum: 1\r\nX-Other:\t2 \r\n\r\n', 'abcd'),
  passes(
    'a trailer that is no trailer is dropped',
    '9110, 6.5.1',
    '0\r\nContent-Length: 5\r\nHost: b.test\r\n\r\n',
    '',
  ),

  broken('a size that is no number', '9112, 7.1', 'x\r\nabcd\r\n0\r\n\r\n'),
  broken('no size', '9112, 7.1', '\r\nabcd\r\n0\r\n\r\n'),
  broken('a size with a plus', '9112, 7.1', '+4\r\nabcd\r\n0\r\n\r\n'),
  broken('a negative size', '9112, 7.1', '-4\r\nabcd\r\n0\r\n\r\n'),
  broken('a size with 0x', '9112, 7.1', '0x4\r\nabcd\r\n0\r\n\r\n'),
  broken('a size with an h', '9112, 7.1', '4h\r\nabcd\r\n0\r\n\r\n'),
  broken('a size with an underscore', '9112, 7.1', '0_4\r\nabcd\r\n0\r\n\r\n'),
  broken('a space before a size', '9112, 7.1', ' 4\r\nabcd\r\n0\r\n\r\n'),
  broken('a space behind a size', '9112, 7.1', '4 \r\nabcd\r\n0\r\n\r\n'),
  broken('a tab behind a size', '9112, 7.1', '4\t\r\nabcd\r\n0\r\n\r\n'),
  broken('a NUL behind a size', '9112, 7.1', '4\0\r\nabcd\r\n0\r\n\r\n'),
  broken('a size of 17 digits', 'ours', '00000000000000004\r\nabcd\r\n0\r\n\r\n'),
  broken('a size of 2^53', 'ours', '20000000000000\r\nabcd\r\n0\r\n\r\n'),
  broken('a size that overflows 64 bits to 4', 'ours', '10000000000000004\r\nabcd\r\n0\r\n\r\n'),
  broken('a bare LF behind a size', '9112, 2.2', '4\nabcd\r\n0\r\n\r\n'),
  broken('a bare CR behind a size', '9112, 2.2', '4\rabcd\r\n0\r\n\r\n'),
  broken('no CRLF behind a chunk', '9112, 7.1', '4\r\nabcd0\r\n\r\n'),
  broken('a bare LF behind a chunk', '9112, 7.1', '4\r\nabcd\n0\r\n\r\n'),
  broken('a bare CR behind a chunk', '9112, 7.1', '4\r\nabcd\r0\r\n\r\n'),
  broken('a chunk longer than its size', '9112, 7.1', '4\r\nabcde\r\n0\r\n\r\n'),
  broken('a chunk shorter than its size', '9112, 7.1', '5\r\nabcd\r\n0\r\n\r\n'),
  broken('another byte for the CR behind a chunk', '9112, 7.1', '4\r\nabcdX\n0\r\n\r\n'),
  broken('another byte for the LF behind a chunk', '9112, 7.1', '4\r\nabcd\rX0\r\n\r\n'),
  broken('another byte for the LF behind a size', '9112, 7.1', '4\rXabcd\r\n0\r\n\r\n'),
  broken('another byte for the LF behind the last size', '9112, 7.1', '4\r\nabcd\r\n0\rX\r\n'),
  broken('another byte for the last LF', '9112, 7.1', '4\r\nabcd\r\n0\r\n\rX'),
  broken('another byte for the LF of a trailer', '9112, 7.1.2', '0\r\nX-A: 1\rX\r\n'),
  broken('an empty line for the last chunk', '9112, 7.1', '4\r\nabcd\r\n\r\n\r\n'),
  broken('an extension without a size', '9112, 7.1.1', '4\r\nabcd\r\n;a\r\n\r\n'),
  broken('two bytes that are no CRLF behind a chunk', '9112, 7.1', '4\r\nabcdXX0\r\n\r\n'),
  broken('a bare LF in an extension', '9112, 7.1.1', '4;a\nb\r\nabcd\r\n0\r\n\r\n'),
  broken('a bare CR in an extension', '9112, 7.1.1', '4;a\rb\r\nabcd\r\n0\r\n\r\n'),
  broken('a NUL in an extension', '9112, 7.1.1', '4;a\0\r\nabcd\r\n0\r\n\r\n'),
  broken('an extension without end', 'ours', `4;${long}${long}\r\nabcd\r\n0\r\n\r\n`),
  broken('a bare LF behind the last size', '9112, 7.1', '4\r\nabcd\r\n0\n\r\n'),
  broken('a bare LF at the end', '9112, 7.1', '4\r\nabcd\r\n0\r\n\n'),
  broken('a trailer without a colon', '9112, 7.1.2', '0\r\nno trailer\r\n\r\n'),
  broken('a trailer without a name', '9112, 7.1.2', '0\r\n: 1\r\n\r\n'),
  broken('a trailer with a space before its colon', '9112, 5.1', '0\r\nX-A : 1\r\n\r\n'),
  broken('a folded trailer', '9112, 5.2', '0\r\nX-A: 1\r\n 2\r\n\r\n'),
  broken('a NUL in a trailer', '9110, 5.5', '0\r\nX-A: \0\r\n\r\n'),
  broken('a bare LF in a trailer', '9112, 2.2', '0\r\nX-A: 1\nX-B: 2\r\n\r\n'),
  broken('a bare CR in a trailer', '9112, 2.2', '0\r\nX-A: 1\rX-B: 2\r\n\r\n'),
  { ...broken('101 trailers', 'ours', `0\r\n${'X-A: 1\r\n'.repeat(101)}\r\n`), whole: true },
  { ...broken('trailers of more than 8 KiB', 'ours', `0\r\nX-A: ${'a'.repeat(8200)}\r\n\r\n`), whole: true },
];
