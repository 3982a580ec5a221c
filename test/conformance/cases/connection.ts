import { get, head, post, type RequestCase, type Seen } from '../case.ts';

const line = 'GET / HTTP/1.1';
const plain: readonly Seen[] = [{ line }];
const numbered = (count: number): RequestCase => ({
  intent: `${count} requests at once are answered in order`,
  rfc: '9112, 9.3.2',
  says: Array.from({ length: count }, (_, k) => head(`GET /${k} HTTP/1.1`, 'Host: a.test')).join(''),
  sees: Array.from({ length: count }, (_, k) => ({ line: `GET /${k} HTTP/1.1` })),
  ...(count > 4 && { whole: true as const }),
});

const old = (...lines: readonly string[]) => head('GET / HTTP/1.0', 'Host: a.test', ...lines);

/** Persistence, Connection, HTTP/1.0 and pipelining: RFC 9110, 7.6.1; RFC 9112, 9. */
export const connectionCases: readonly RequestCase[] = [
  { intent: 'HTTP/1.1 stays open', rfc: '9112, 9.3', says: get(), sees: plain },
  { intent: 'Connection: close', rfc: '9112, 9.6', says: get('Connection: close'), sees: plain, closes: true },
  { intent: 'Connection: CLOSE', rfc: '9110, 7.6.1', says: get('Connection: CLOSE'), sees: plain, closes: true },
  { intent: 'close in a list', rfc: '9110, 7.6.1', says: get('Connection: x-a , close'), sees: plain, closes: true },
  {
    intent: 'close in a second line',
    rfc: '9110, 5.3',
    says: get('Connection: te', 'connection: close'),
    sees: plain,
    closes: true,
  },
  {
    intent: 'close wins over keep-alive',
    rfc: '9112, 9.3',
    says: get('Connection: keep-alive, close'),
    sees: plain,
    closes: true,
  },
  {
    intent: 'keep-alive of HTTP/1.1 is not sent on',
    rfc: '9110, 7.6.1',
    says: get('Connection: keep-alive', 'Keep-Alive: timeout=5'),
    sees: plain,
  },
  { intent: 'HTTP/1.0 closes', rfc: '9112, 9.3', says: old(), sees: plain, closes: true },
  {
    intent: 'HTTP/1.0 with keep-alive stays open and is told so',
    rfc: '9112, 9.3',
    says: old('Connection: keep-alive'),
    sees: plain,
    connection: 'keep-alive',
  },
  {
    intent: 'HTTP/1.0 with Keep-Alive in other letters',
    rfc: '9110, 7.6.1',
    says: old('connection: Keep-Alive'),
    sees: plain,
    connection: 'keep-alive',
  },
  {
    intent: 'HTTP/1.0 with keep-alive and close',
    rfc: '9112, 9.3',
    says: old('Connection: keep-alive', 'Connection: close'),
    sees: plain,
    closes: true,
  },
  {
    intent: 'Proxy-Connection keeps nothing open',
    rfc: '9112, C.2.2',
    says: old('Proxy-Connection: keep-alive'),
    sees: plain,
    closes: true,
  },
  { intent: 'Proxy-Connection is not sent on', rfc: '9112, C.2.2', says: get('Proxy-Connection: close'), sees: plain },
  { intent: 'an empty Connection', rfc: '9110, 5.6.1', says: get('Connection:'), sees: plain },
  { intent: 'empty elements of Connection', rfc: '9110, 5.6.1', says: get('Connection: , ,keep-alive,,'), sees: plain },
  {
    intent: 'lines that Connection names are dropped, whatever their letters and place',
    rfc: '9110, 7.6.1',
    says: get('X-A: 1', 'x-b: 2', 'Connection: x-a, X-B', 'X-A: 3', 'X-C: 4'),
    sees: [{ line, lines: ['X-C: 4'] }],
  },
  {
    intent: 'lines that two Connection lines name',
    rfc: '9110, 7.6.1',
    says: get('Connection: x-a', 'X-A: 1', 'X-B: 2', 'X-Ab: 3', 'Connection: x-b'),
    sees: [{ line, lines: ['X-Ab: 3'] }],
  },
  {
    intent: 'lines that are for everybody stay though Connection names them',
    rfc: '9110, 7.6.1',
    says: get(
      'Connection: authorization, cookie, cache-control, host',
      'Authorization: x',
      'Cookie: a=b',
      'Cache-Control: no-store',
    ),
    sees: [{ line, lines: ['Authorization: x', 'Cookie: a=b', 'Cache-Control: no-store'] }],
  },
  {
    intent: 'a length stays though Connection names it',
    rfc: '9110, 7.6.1',
    says: `${post('Connection: content-length', 'Content-Length: 2')}ab`,
    sees: [{ line: 'POST / HTTP/1.1', lines: ['Content-Length: 2'], framing: 'length', body: 'ab' }],
  },
  {
    intent: 'our own lines stay though Connection names them',
    rfc: 'ours',
    says: get('Connection: x-forwarded-for, x-real-ip, x-forwarded-proto, x-forwarded-host'),
    sees: plain,
  },
  {
    intent: 'chunks stay chunks though Connection names their coding',
    rfc: '9110, 7.6.1',
    says: `${post('Connection: transfer-encoding', 'Transfer-Encoding: chunked')}2\r\nab\r\n0\r\n\r\n`,
    sees: [{ line: 'POST / HTTP/1.1', framing: 'chunked', body: 'ab' }],
  },
  { intent: 'an option that is no token', rfc: '9110, 7.6.1', says: get('Connection: a b'), refused: 400 },
  { intent: 'an option in quotation marks', rfc: '9110, 7.6.1', says: get('Connection: "close"'), refused: 400 },
  { intent: 'an option with a NUL', rfc: '9110, 7.6.1', says: get('Connection: close\0'), refused: 400 },
  {
    intent: '32 names in Connection',
    rfc: 'ours',
    says: get(`Connection: ${Array.from({ length: 32 }, (_, k) => `x${k}`).join(',')}`, 'X31: 1', 'X32: 2'),
    sees: [{ line, lines: ['X32: 2'] }],
  },
  {
    intent: '33 names in Connection',
    rfc: 'ours',
    says: get(`Connection: ${Array.from({ length: 33 }, (_, k) => `x${k}`).join(',')}`),
    refused: 400,
  },
  {
    intent: 'TE: trailers goes on as ours',
    rfc: '9110, 10.1.4',
    says: get('te: gzip;q=0.5, TRAILERS', 'Connection: te'),
    sees: [{ line, te: true }],
  },
  {
    intent: 'HTTP/1.0 has no TE',
    rfc: '9110, 10.1.4',
    says: old('TE: trailers', 'Connection: TE'),
    sees: plain,
    closes: true,
  },
  {
    intent: 'TE and Trailer are not sent on',
    rfc: '9110, 7.6.1',
    says: get('TE: gzip, deflate;q=0.5', 'Trailer: X-Sum', 'Connection: te'),
    sees: plain,
  },

  numbered(2),
  numbered(4),
  numbered(16),
  numbered(17),
  numbered(64),
  {
    intent: 'requests with bodies at once',
    rfc: '9112, 9.3.2',
    says:
      `${post('Content-Length: 3')}one${post('Transfer-Encoding: chunked')}3\r\ntwo\r\n0\r\n\r\n` +
      `${get()}${post('Content-Length: 4')}four`,
    sees: [
      { line: 'POST / HTTP/1.1', lines: ['Content-Length: 3'], framing: 'length', body: 'one' },
      { line: 'POST / HTTP/1.1', framing: 'chunked', body: 'two' },
      { line },
      { line: 'POST / HTTP/1.1', lines: ['Content-Length: 4'], framing: 'length', body: 'four' },
    ],
  },
  {
    intent: 'an empty line between requests',
    rfc: '9112, 2.2',
    says: `${get()}\r\n${get('X-A: 1')}`,
    sees: [{ line }, { line, lines: ['X-A: 1'] }],
  },
  {
    intent: 'two empty lines between requests',
    rfc: '9112, 2.2',
    says: `${get()}\r\n\r\n${get()}`,
    sees: plain,
    refused: 400,
  },
  {
    intent: 'HTTP/1.0 at once',
    rfc: '9112, 9.3',
    says: old('Connection: keep-alive') + old('Connection: keep-alive', 'X-A: 1'),
    sees: [{ line }, { line, lines: ['X-A: 1'] }],
    connection: 'keep-alive',
  },
  {
    intent: 'HTTP/1.0 behind HTTP/1.1',
    rfc: '9112, 9.3',
    says: get() + old(),
    sees: [{ line }, { line }],
    closes: true,
  },
  {
    intent: 'nothing behind close is read',
    rfc: '9112, 9.6',
    says: get('Connection: close') + get('X-A: 1'),
    sees: plain,
    closes: true,
    whole: true, // what comes after the answer finds a closed connection
  },
  {
    intent: 'nothing behind HTTP/1.0 is read',
    rfc: '9112, 9.3',
    says: old() + get('X-A: 1'),
    sees: plain,
    closes: true,
    whole: true, // what comes after the answer finds a closed connection
  },
  {
    intent: 'a refused request behind a good one',
    rfc: '9112, 9.3.2',
    says: `${get()}nonsense\r\n\r\n`,
    sees: plain,
    refused: 400,
  },
  {
    intent: 'bytes behind a body of a length',
    rfc: '9112, 6.3',
    says: `${post('Content-Length: 2')}abcd\r\n\r\n`,
    sees: [{ line: 'POST / HTTP/1.1', lines: ['Content-Length: 2'], framing: 'length', body: 'ab' }],
    refused: 400,
  },
  {
    intent: 'a body behind a request that says of none',
    rfc: '9112, 6.3',
    says: `${post()}a=b&c=d\r\n\r\n`,
    sees: [{ line: 'POST / HTTP/1.1' }],
    refused: 400,
  },
  { intent: 'a half-close behind the request', rfc: '9112, 9.6', says: get(), sees: plain, ends: true },
  {
    intent: 'a half-close behind three requests',
    rfc: '9112, 9.6',
    says: get() + get() + get(),
    sees: [{ line }, { line }, { line }],
    ends: true,
  },
  {
    intent: 'a half-close behind a body',
    rfc: '9112, 9.6',
    says: `${post('Transfer-Encoding: chunked')}2\r\nab\r\n0\r\n\r\n`,
    sees: [{ line: 'POST / HTTP/1.1', framing: 'chunked', body: 'ab' }],
    ends: true,
  },
  { intent: 'a half-close behind HTTP/1.0', rfc: '9112, 9.6', says: old(), sees: plain, ends: true, closes: true },
];
