import assert from 'node:assert/strict';
import { test } from 'vitest';
import type { Dice } from '../../src/base/dice.ts';
import { ChunkedBody } from '../../src/data/http1/chunked-body.ts';
import { mutated, oneOf, seededDice, validAnswer, validChunked, validRequest } from '../unit/data/http1/head-corpus.ts';
import { plainAnswer, plainRequest } from '../unit/data/http1/plain-judges.ts';
import { amid, type JudgedRequest, judgeAnswer, judgeRequest, surroundings } from '../unit/data/http1/reading-heads.ts';

/** `KOMAINU_FUZZ_SEED` runs a failed test again with the seed it printed. */
const seed = Number(process.env.KOMAINU_FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31));

/** Judges `count` texts; what fails is thrown with its seed and text. */
function forTexts(count: number, make: (dice: Dice) => string, judge: (text: string, dice: Dice) => void): void {
  const dice = seededDice(seed);
  for (let k = 0; k < count; k++) {
    const text = make(dice);
    try {
      judge(text, dice);
    } catch (cause) {
      throw new Error(`KOMAINU_FUZZ_SEED=${seed}, text ${k}: ${JSON.stringify(text)}`, { cause });
    }
  }
}

const wounded = (valid: (dice: Dice) => string) => (dice: Dice) => mutated(dice, valid(dice), valid(dice));

/** What every reader of heads promises for any bytes, whatever stands around them. */
function keepsPromises<J extends { outcome: string }>(
  text: string,
  dice: Dice,
  read: (text: string, around: Buffer) => J,
  plain: J | undefined,
): J {
  const judged = read(text, surroundings[0]!);
  assert.deepEqual(read(text, oneOf(dice, surroundings)), judged, 'bytes outside the range change nothing');
  assert.deepEqual(judged.outcome === 'accepted' ? judged : undefined, plain, 'the plain judge agrees');
  const part = read(text.slice(0, dice.below(text.length + 1)), oneOf(dice, surroundings));
  if (part.outcome !== 'incomplete') assert.deepEqual(part, judged, 'what a prefix is judged to be it stays');
  return judged;
}

/** The head that goes upstream, as the exchange writes it. */
function written(judged: JudgedRequest): string {
  const own = [`Host: ${judged.authority}`, ...(judged.body === 'chunked' ? ['Transfer-Encoding: chunked'] : [])];
  const lines = [...own, ...judged.lines!].map((line) => `${line}\r\n`);
  return `${judged.method} ${judged.target} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

test('100,000 mutated requests: no throw, the plain judge agrees, what is written is read as it was judged', () => {
  let accepted = 0;
  forTexts(100_000, wounded(validRequest), (text, dice) => {
    const judged = keepsPromises(text, dice, (part, around) => judgeRequest(part, { around }), plainRequest(text));
    if (judged.outcome !== 'accepted' || judged.authority === '') return;
    accepted++;
    const again = judgeRequest(written(judged));
    for (const key of [
      'outcome',
      'method',
      'target',
      'path',
      'host',
      'authority',
      'body',
      'contentLength',
      'lines',
    ] as const) {
      assert.deepEqual(again[key], judged[key], key);
    }
  });
  assert.ok(accepted > 10_000, `${accepted} of them were valid`);
});

test('100,000 mutated answers: no throw, the plain judge agrees', () => {
  let accepted = 0;
  forTexts(100_000, wounded(validAnswer), (text, dice) => {
    const headRequest = dice.below(4) === 0;
    const read = (part: string, around: Buffer) => judgeAnswer(part, { around, headRequest });
    if (keepsPromises(text, dice, read, plainAnswer(text, headRequest)).outcome === 'accepted') accepted++;
  });
  assert.ok(accepted > 10_000, `${accepted} of them were valid`);
});

const pathPieces =
  '/ / / . . .. ; a b1 ~ %2e %2E %2f %5C %00 %61 %3b %c3%a9 %C3 %E0 %A0 %80 %f0 %90 %8f %F8 %88 %c0 % %4 \\ | { ? " \x80'.split(
    ' ',
  );

const requestOf = (target: string) => `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`;

const awkwardPath = (dice: Dice) =>
  `/${Array.from({ length: dice.below(12) }, () => oneOf(dice, pathPieces)).join('')}`;

test('50,000 paths of awkward pieces: canonical as the plain judge says, and canonical again', () => {
  let accepted = 0;
  forTexts(50_000, awkwardPath, (path, dice) => {
    const text = requestOf(path);
    const judged = keepsPromises(text, dice, (part, around) => judgeRequest(part, { around }), plainRequest(text));
    if (judged.outcome !== 'accepted') return;
    accepted++;
    assert.equal(judgeRequest(requestOf(judged.target!)).target, judged.target);
  });
  assert.ok(accepted > 5000, `${accepted} of them were valid`);
});

interface ReadBody {
  readonly state: string;
  readonly data: string;
  readonly size: number;
}

/** Reads `text` in pieces of up to `pieceLimit` bytes, each among other bytes. */
function readChunked(text: string, dice: Dice, pieceLimit: number): ReadBody {
  const body = new ChunkedBody();
  let data = '';
  let from = 0;
  while (from < text.length && body.state === 'reading') {
    const to = Math.min(text.length, from + 1 + dice.below(pieceLimit));
    const { bytes, start, end } = amid(text.slice(from, to), oneOf(dice, surroundings));
    let i = start;
    while (i < end && body.state === 'reading') {
      const next = body.step(bytes, i, end);
      assert.ok(next <= end && (next > i || body.state !== 'reading'), 'a step moves on');
      data += bytes.toString('latin1', body.dataStart, body.dataEnd);
      i = next;
    }
    from += i - start;
  }
  return { state: body.state, data, size: from };
}

/** The rules of chunked bodies once more, for whole ones. */
function plainChunked(text: string): ReadBody | undefined {
  let data = '';
  for (let at = 0; ; ) {
    const line = /^([0-9a-fA-F]{1,16})(?:;[\t\x20-\x7e\x80-\xff]{0,512})?\r\n/.exec(text.slice(at, at + 1024));
    if (line === null) return undefined;
    const size = Number.parseInt(line[1]!, 16);
    at += line[0].length;
    if (size === 0) {
      const end = /^(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*\r\n)*\r\n/.exec(text.slice(at));
      return end === null ? undefined : { state: 'done', data, size: at + end[0].length };
    }
    if (text.slice(at + size, at + size + 2) !== '\r\n') return undefined;
    data += text.slice(at, at + size);
    at += size + 2;
  }
}

test('50,000 mutated chunked bodies: no throw, no standstill, one reading however they are cut', () => {
  let accepted = 0;
  forTexts(50_000, wounded(validChunked), (text, dice) => {
    const whole = readChunked(text, dice, 100_000);
    assert.deepEqual(readChunked(text, dice, 20), whole, 'cuts change nothing');
    assert.deepEqual(whole.state === 'done' ? whole : undefined, plainChunked(text), 'the plain reader agrees');
    if (whole.state === 'done') accepted++;
  });
  assert.ok(accepted > 5000, `${accepted} of them were valid`);
});

const randomBytes = (dice: Dice) =>
  Buffer.from(Array.from({ length: dice.below(40) }, () => dice.below(256))).toString('latin1');

test('20,000 texts of random bytes are refused or incomplete, never accepted', () => {
  forTexts(20_000, randomBytes, (text, dice) => {
    const around = oneOf(dice, surroundings);
    assert.notEqual(judgeRequest(text, { around }).outcome, 'accepted');
    assert.notEqual(judgeAnswer(text, { around }).outcome, 'accepted');
  });
});
