import { expect, test } from 'vitest';
import { judgeRequest } from './reading-heads.ts';

test('Expect that is said again goes on once, where it stood first', () => {
  const text =
    'POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nA: 1\r\nexpect: 100-Continue\r\nContent-Length: 5\r\nEXPECT:100-continue\r\n\r\n';
  expect(judgeRequest(text)).toMatchObject({
    expectContinue: true,
    lines: ['Expect: 100-continue', 'A: 1', 'Content-Length: 5'],
  });
  expect(judgeRequest(text.replace('100-Continue', '200-ok'))).toMatchObject({ failure: 'expectation-unknown' });
});
