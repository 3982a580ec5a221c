import { expect, test } from 'vitest';
import { judgeAnswer, judgeRequest } from './reading-heads.ts';

test.each([
  ['Content-Length: 5', 'Content-Length: 5'],
  ['Content-Length:5', 'Content-Length:5'],
  ['Content-Length: 0', 'Content-Length: 0'],
  ['content-length:  5', 'content-length:5'],
  ['Content-Length:\t5', 'Content-Length:5'],
  ['Content-Length: 5 \t', 'Content-Length:5'],
  ['Content-Length: \t 0050\t ', 'Content-Length:50'],
  ['Content-Length: 000', 'Content-Length:0'],
])('%j goes on as %j, between its neighbours', (line, expected) => {
  const request = judgeRequest(`POST / HTTP/1.1\r\nHost: a\r\nA: 1\r\n${line}\r\nB: 2\r\n\r\n`);
  expect(request.lines).toEqual(['A: 1', expected, 'B: 2']);
  expect(request.contentLength).toBe(Number(line.slice(15)));
  const answer = judgeAnswer(`HTTP/1.1 200 OK\r\nA: 1\r\n${line}\r\nB: 2\r\n\r\n`);
  expect(answer.lines).toEqual(['200 OK', 'A: 1', expected, 'B: 2']);
});

test('a padded length that is left out leaves nothing behind', () => {
  expect(judgeAnswer('HTTP/1.1 204 X\r\nA: 1\r\nContent-Length:  05 \r\nB: 2\r\n\r\n').lines).toEqual([
    '204 X',
    'A: 1',
    'B: 2',
  ]);
});
