import { describe, expect, test } from 'vitest';
import { seededDice, validRequest } from './head-corpus.ts';
import { judgeRequest } from './reading-heads.ts';

describe('a head that was copied says the same when what it was read from is written over', () => {
  test.each([
    ['with its own target and Host', 'GET /a/b?c HTTP/1.1\r\nHost: a.test:80\r\nA: 1\r\n\r\n'],
    ['with a path made canonical', 'GET /a/../%62 HTTP/1.1\r\nHost: a.test\r\n\r\n'],
    ['with an absolute target', 'GET http://b.test?q HTTP/1.1\r\nHost: a.test\r\n\r\n'],
    ['without Host', 'GET / HTTP/1.0\r\n\r\n'],
    ['with an upgrade', 'GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'],
  ])('%s', (_, text) => expect(judgeRequest(text, { kept: true })).toEqual(judgeRequest(text)));

  test('whatever it is', () => {
    const dice = seededDice(2616);
    for (let k = 0; k < 300; k++) {
      const text = validRequest(dice);
      expect(judgeRequest(text, { kept: true }), text).toEqual(judgeRequest(text));
    }
  });
});
