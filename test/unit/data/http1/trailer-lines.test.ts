import { describe, expect, test } from 'vitest';
import { ChunkedBody } from '../../../../src/data/http1/chunked-body.ts';

/** The trailers of a body that is read in pieces of `size` bytes. */
function trailersOf(lines: string, { keep = true, size = 1_000_000, body = new ChunkedBody() } = {}): string {
  const text = Buffer.from(`1\r\n!\r\n0\r\n${lines}\r\n`, 'latin1');
  body.reset(keep);
  for (let from = 0; from < text.length; from += size) {
    const end = Math.min(text.length, from + size);
    for (let i = from; i < end && body.state === 'reading'; ) i = body.step(text, i, end);
  }
  expect(body.state).toBe('done');
  return body.trailers.toString('latin1');
}

describe('trailer lines', () => {
  test('are kept as they stand when they are asked for, however they are cut', () => {
    const lines = 'X-Sum: 1\r\ngrpc-status:0\r\nX-Empty:\r\nx-latin: \t\xe9 \r\n';
    for (let size = 1; size < 60; size++) expect(trailersOf(lines, { size })).toBe(lines);
  });

  test('are dropped when nobody asks', () => {
    expect(trailersOf('X-Sum: 1\r\n', { keep: false })).toBe('');
  });

  test('of one body do not follow another', () => {
    const body = new ChunkedBody();
    expect(trailersOf('A: 1\r\n', { body })).toBe('A: 1\r\n');
    expect(trailersOf('', { body })).toBe('');
    expect(trailersOf('B: 2\r\n', { body })).toBe('B: 2\r\n');
    expect(trailersOf('C: 3\r\n', { body, keep: false })).toBe('');
  });

  test('are the receiver’s to keep', () => {
    const body = new ChunkedBody();
    trailersOf('A: 1\r\n', { body });
    const { trailers } = body;
    trailersOf('B: 2\r\n', { body });
    expect(trailers.toString()).toBe('A: 1\r\n');
  });

  test('of the largest size are kept', () => {
    const lines = `a:${'x'.repeat(8192 - 6)}\r\n`;
    expect(trailersOf(lines)).toBe(lines);
  });

  test.each([
    'Content-Length: 5',
    'transfer-encoding: chunked',
    'HOST: a.test',
    'Connection: close',
    'Keep-Alive: timeout=5',
    'TE: trailers',
    'Trailer: A',
    'Upgrade: chat',
    'Expect: 100-continue',
    'Proxy: http://a.test',
    'Proxy-Authorization: x',
    'Proxy-Connection: close',
    'Forwarded: for=1.2.3.4',
    'X-Forwarded-For: 1.2.3.4',
    'X_Forwarded_For: 1.2.3.4',
    'X-Real-IP: 1.2.3.4',
    'Via: 1.1 a',
    'Authorization: x',
    'WWW-Authenticate: x',
    'Cookie: a=b',
    'Set-Cookie: a=b',
    'set_cookie: a=b',
    'Cache-Control: no-store',
    'Content-Type: text/html',
    'Content_Encoding: gzip',
    'Content-Range: bytes 0-1/2',
    'If-None-Match: *',
    'Range: bytes=0-1',
    'Location: /',
    'Vary: *',
    'Date: x',
    'Age: 1',
    'Sec-WebSocket-Key: x',
  ])('%s belongs into a head: it is dropped, its neighbours stay', (line) => {
    expect(trailersOf(`A: 1\r\n${line}\r\nB: 2\r\n${line}\r\n`)).toBe('A: 1\r\nB: 2\r\n');
  });
});
