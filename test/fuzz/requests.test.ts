import assert from 'node:assert/strict';
import { validRequest } from '../unit/data/http1/head-corpus.ts';
import { plainRequest } from '../unit/data/http1/plain-judges.ts';
import { type JudgedRequest, judgeRequest } from '../unit/data/http1/reading-heads.ts';
import { fuzz, someBase } from './fuzzing.ts';
import { wounded } from './mutate-lines.ts';
import { keepsPromises } from './promises.ts';

const compared = [
  'outcome',
  'method',
  'target',
  'path',
  'host',
  'authority',
  'body',
  'contentLength',
  'lines',
] as const;

/** What is made canonical may be three times as long, and the head has lines of ours. */
const wide = { headLimitBytes: 100_000, targetLimitBytes: 30_000, headerLimit: 110 };

/** The head that goes upstream, as the exchange writes it. */
function written(judged: JudgedRequest): string {
  const own = [`Host: ${judged.authority}`, ...(judged.body === 'chunked' ? ['Transfer-Encoding: chunked'] : [])];
  const lines = [...own, ...judged.lines!].map((line) => `${line}\r\n`);
  return `${judged.method} ${judged.target} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

fuzz('requests', 'no throw, the plain judge agrees, what is written is read as it was judged', {
  make: (dice, kept) => wounded(dice, someBase(dice, kept, validRequest), validRequest(dice)),
  judge: (text, dice) => {
    const judged = keepsPromises(text, dice, judgeRequest, plainRequest(text));
    if (judged.outcome !== 'accepted') return false;
    assert.deepEqual(judgeRequest(text, { kept: true }), judged, 'a copy of the head says the same');
    if (judged.authority === '') return true; // HTTP/1.0 without Host; the upstream gets one of ours
    const again = judgeRequest(written(judged), { limits: wide });
    for (const key of compared) assert.deepEqual(again[key], judged[key], key);
    return true;
  },
  leastGood: 0.1,
});
