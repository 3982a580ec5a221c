import { describe, expect, test } from 'vitest';
import { type JudgedAnswer, judgeAnswer, surroundings, usualLimits } from './reading-heads.ts';

const answer = (status: string, ...lines: string[]) =>
  `HTTP/1.1 ${status}\r\n${lines.map((l) => `${l}\r\n`).join('')}\r\n`;

const plain: JudgedAnswer = {
  outcome: 'accepted',
  version: 11,
  status: 200,
  framing: 'length',
  contentLength: 5,
  keepAlive: true,
  keepAliveTimeoutMs: -1,
  upgrade: '',
  lines: ['200 OK', 'Content-Length: 5'],
  dated: false,
  trailerLines: [],
};

const length = 'Content-Length: 5';
const accepted: [behaviour: string, text: string, differs: Partial<JudgedAnswer>, headRequest?: boolean][] = [
  ['the usual answer', answer('200 OK', length), {}],
  ['HTTP/1.0', `HTTP/1.0 200 OK\r\n${length}\r\n\r\n`, { version: 10, keepAlive: false }],
  [
    'HTTP/1.0 that keeps the connection',
    `HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n${length}\r\n\r\n`,
    { version: 10 },
  ],
  ['an empty reason', answer('200 ', length), { lines: ['200 ', length] }],
  ['an empty reason without its space', answer('200', length), { lines: ['200', length] }],
  ['a reason of any value bytes', answer('200 O\tK \xe9', length), { lines: ['200 O\tK \xe9', length] }],
  ['the highest status', answer('599 x', length), { status: 599, lines: ['599 x', length] }],
  [
    'no length: until the connection closes',
    answer('200 OK'),
    { framing: 'until-close', contentLength: 0, keepAlive: false, lines: ['200 OK'] },
  ],
  [
    'length 0 is no body',
    answer('200 OK', 'Content-Length: 0'),
    { framing: 'none', contentLength: 0, lines: ['200 OK', 'Content-Length: 0'] },
  ],
  [
    'chunked',
    answer('200 OK', 'A: 1', 'transfer-encoding: Chunked', 'B: 2'),
    { framing: 'chunked', contentLength: 0, lines: ['200 OK', 'A: 1', 'B: 2'] },
  ],
  ['an answer to HEAD', answer('200 OK', length), { framing: 'none', contentLength: 0 }, true],
  [
    'a chunked answer to HEAD',
    answer('200 OK', 'Transfer-Encoding: chunked'),
    { framing: 'none', contentLength: 0, lines: ['200 OK'] },
    true,
  ],
  [
    'an answer to HEAD that says nothing',
    answer('200 OK'),
    { framing: 'none', contentLength: 0, lines: ['200 OK'] },
    true,
  ],
  [
    '304 with the length it would have',
    answer('304 Not Modified', length),
    { status: 304, framing: 'none', contentLength: 0, lines: ['304 Not Modified', length] },
  ],
  [
    '304 that says chunked',
    answer('304 Not Modified', 'Transfer-Encoding: chunked'),
    { status: 304, framing: 'none', contentLength: 0, lines: ['304 Not Modified'] },
  ],
  [
    '204',
    answer('204 No Content', 'A: 1'),
    { status: 204, framing: 'none', contentLength: 0, lines: ['204 No Content', 'A: 1'] },
  ],
  [
    '204 loses its length',
    answer('204 No Content', length, 'A: 1'),
    { status: 204, framing: 'none', contentLength: 0, lines: ['204 No Content', 'A: 1'] },
  ],
  ['100', answer('100 Continue'), { status: 100, framing: 'none', contentLength: 0, lines: ['100 Continue'] }],
  [
    '103 with lines, losing its length',
    answer('103 Early Hints', 'Link: </a>', length),
    { status: 103, framing: 'none', contentLength: 0, lines: ['103 Early Hints', 'Link: </a>'] },
  ],
  [
    '101',
    answer('101 Switching Protocols', 'Upgrade: \t websocket ', 'Connection: upgrade', 'Sec-WebSocket-Accept: x'),
    {
      status: 101,
      framing: 'none',
      contentLength: 0,
      upgrade: 'websocket',
      lines: ['101 Switching Protocols', 'Sec-WebSocket-Accept: x'],
    },
  ],
  [
    'the first Date stays, whoever names it',
    answer('200 OK', 'Date: 1', length, 'Connection: date', 'DATE: 2', 'A: 1', 'date: 3'),
    { dated: true, lines: ['200 OK', 'Date: 1', length, 'A: 1'] },
  ],
  [
    'Trailer lines are noted, wherever they stand',
    answer('200 OK', 'Trailer: a', length, 'trailer:', 'Trailers: no'),
    { trailerLines: ['Trailer: a', 'trailer:'], lines: ['200 OK', length, 'Trailers: no'] },
  ],
  ['Connection: close', answer('200 OK', length, 'Connection: keep-alive, Close'), { keepAlive: false }],
  [
    'hop-by-hop lines are left out',
    answer(
      '200 OK',
      'Connection: keep-alive',
      'Keep-Alive: x',
      'Proxy-Connection: x',
      'TE: x',
      'Trailer: x',
      'Upgrade: h2c',
      length,
    ),
    { upgrade: 'h2c', trailerLines: ['Trailer: x'] },
  ],
  [
    'what is ours in requests is not in answers',
    answer('200 OK', 'X-Forwarded-For: 1', 'Host: a', 'Expect: x', 'Proxy: 1', length),
    { lines: ['200 OK', 'X-Forwarded-For: 1', 'Host: a', 'Expect: x', 'Proxy: 1', length] },
  ],
  [
    'named lines are left out',
    answer('200 OK', 'A: 1', length, 'Connection: a, b', 'B: 2', 'C: 3'),
    { lines: ['200 OK', length, 'C: 3'] },
  ],
  [
    'named lines are left out where dropped ones begin',
    answer('200 A: OK', 'Connection: a', 'A: 1', length),
    { lines: ['200 A: OK', length] },
  ],
  [
    'end-to-end lines stay though named',
    answer(
      '200 OK',
      length,
      'Connection: content-length, set-cookie, content-type',
      'Set-Cookie: a=b',
      'Content-Type: t',
    ),
    { lines: ['200 OK', length, 'Set-Cookie: a=b', 'Content-Type: t'] },
  ],
  ...(
    [
      ['timeout=5', 5000],
      [' TIMEOUT=15, max=100', 15_000],
      ['max=100 , timeout=7 ', 7000],
      ['timeout=0', 0],
      ['timeout=999999', 999_999_000],
      ['timeout=', -1],
      ['timeout= 5', -1],
      ['timeout=-5', -1],
      ['timeout=5s', -1],
      ['timeout="5"', -1],
      ['timeout=1234567', -1],
      ['timeout', -1],
      ['', -1],
    ] as const
  ).map(([value, keepAliveTimeoutMs]): [string, string, Partial<JudgedAnswer>] => [
    `Keep-Alive: ${value}`,
    answer('200 OK', `Keep-Alive:${value}`, length),
    { keepAliveTimeoutMs },
  ]),
];

describe('an answer is read', () => {
  for (const [behaviour, text, differs, headRequest = false] of accepted) {
    test(behaviour, () => {
      const expected = { ...plain, ...differs, size: text.length };
      for (const around of surroundings) expect(judgeAnswer(text, { around, headRequest })).toEqual(expected);
      for (let size = 0; size < text.length; size++) {
        expect(judgeAnswer(text.slice(0, size), { headRequest }), text.slice(0, size)).toEqual({
          outcome: 'incomplete',
        });
      }
    });
  }
});

/** `§` stands behind the byte at which nothing can become valid any more. */
const refused: [behaviour: string, text: string][] = [
  ['not HTTP', 'S§SH-2.0\r\n'],
  ['lower case', 'h§ttp/1.1 200 OK\r\n'],
  ['an empty line before it', '\r§\nHTTP/1.1 200 OK\r\n'],
  ['HTTP/2', 'HTTP/2§ 200\r\n'],
  ['HTTP/1.2', 'HTTP/1.2§ 200 OK\r\n'],
  ['HTTP/1.10', 'HTTP/1.10§ 200 OK\r\n'],
  ['a tab behind the version', 'HTTP/1.1\t§200 OK\r\n'],
  ['two spaces behind the version', 'HTTP/1.1  §200 OK\r\n'],
  ['status 099', 'HTTP/1.1 0§99 OK\r\n'],
  ['status 600', 'HTTP/1.1 6§00 OK\r\n'],
  ['two digits', 'HTTP/1.1 20 §OK\r\n'],
  ['four digits', 'HTTP/1.1 2000§ OK\r\n'],
  ['letters', 'HTTP/1.1 2x§0 OK\r\n'],
  ['a sign', 'HTTP/1.1 -§20 OK\r\n'],
  ['a reason without space before it', 'HTTP/1.1 200O§K\r\n'],
  ['a control byte in the reason', 'HTTP/1.1 200 O\x01§K\r\n'],
  ['a bare LF behind the reason', 'HTTP/1.1 200 OK\n§\n'],
  ['a bare CR behind the reason', 'HTTP/1.1 200 OK\rA§: 1\r\n'],
  ['a space before the colon', 'HTTP/1.1 200 OK\r\nA §: 1\r\n\r\n'],
  ['a bad name', 'HTTP/1.1 200 OK\r\nA@§: 1\r\n\r\n'],
  ['a folded line', 'HTTP/1.1 200 OK\r\nA: 1\r\n §2\r\n\r\n'],
  ['a NUL in a value', 'HTTP/1.1 200 OK\r\nA: \0§1\r\n\r\n'],
  ['a bare LF in a value', 'HTTP/1.1 200 OK\r\nA: 1\n§B: 2\r\n\r\n'],
  ['a NUL in Keep-Alive', 'HTTP/1.1 200 OK\r\nKeep-Alive: \0§1\r\n\r\n'],
  ['a NUL in Upgrade', 'HTTP/1.1 200 OK\r\nUpgrade: \0§1\r\n\r\n'],
  ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length:§ 5\r\n\r\n'],
  ['a list of lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 5,§ 5\r\n\r\n'],
  ['a malformed length', 'HTTP/1.1 200 OK\r\nContent-Length: +§5\r\n\r\n'],
  ['a malformed length in 204', 'HTTP/1.1 204 OK\r\nContent-Length: +§5\r\n\r\n'],
  ['length, then chunked', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding:§ chunked\r\n\r\n'],
  ['chunked, then length', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length:§ 5\r\n\r\n'],
  ['both in 304', 'HTTP/1.1 304 OK\r\nTransfer-Encoding: chunked\r\nContent-Length:§ 5\r\n\r\n'],
  ['gzip, chunked', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: g§zip, chunked\r\n\r\n'],
  ['identity', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: i§dentity\r\n\r\n'],
  ['chunked twice', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked,§chunked\r\n\r\n'],
  ['chunked in HTTP/1.0', 'HTTP/1.0 200 OK\r\nTransfer-Encoding:§ chunked\r\n\r\n'],
  ['a malformed Connection', 'HTTP/1.1 200 OK\r\nConnection: a b§\r\n\r\n'],
  ['more lines than allowed', `HTTP/1.1 200 OK\r\n${'A: 1\r\n'.repeat(100)}B§: 2\r\n\r\n`],
  ['a head beyond its limit', `HTTP/1.1 200 OK\r\nA: ${'x'.repeat(16_364)}§x\r\n`],
];

describe('an answer is refused as soon as nothing can become valid any more', () => {
  for (const [behaviour, marked] of refused) {
    test(behaviour, () => {
      const at = marked.indexOf('§');
      const text = marked.replace('§', '');
      for (let size = Math.max(0, at - 300); size <= text.length; size++) {
        const expected = { outcome: size < at ? 'incomplete' : 'refused' };
        for (const around of surroundings) {
          expect(judgeAnswer(text.slice(0, size), { around }), JSON.stringify(text.slice(0, size))).toEqual(expected);
        }
      }
    });
  }
});

test('bytes behind a head are not part of it and do not count for its limit', () => {
  const text = answer('200 OK', length);
  const limits = { ...usualLimits, headLimitBytes: text.length };
  expect(judgeAnswer(`${text}HTTP/1.1 500`, { limits })).toEqual({ ...plain, size: text.length });
  expect(judgeAnswer(text, { limits: { ...limits, headLimitBytes: text.length - 1 } })).toEqual({ outcome: 'refused' });
});

test('nothing of an answer is left in the next', () => {
  const first = answer('101 X', 'Connection: a, close, upgrade', 'Upgrade: x', 'Keep-Alive: timeout=5');
  for (const [behaviour, text, differs, headRequest = false] of accepted) {
    expect(judgeAnswer(first).outcome).toBe('accepted');
    expect(judgeAnswer(text, { headRequest }), behaviour).toEqual({ ...plain, ...differs, size: text.length });
  }
});
