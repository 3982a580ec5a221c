import assert from 'node:assert/strict';
import type { Dice } from '../../src/base/dice.ts';
import { ChunkedBody } from '../../src/data/http1/chunked-body.ts';
import { oneOf, validChunked } from '../unit/data/http1/head-corpus.ts';
import { amid, surroundings } from '../unit/data/http1/reading-heads.ts';
import { fuzz, someBase } from './fuzzing.ts';
import { wounded } from './mutate-lines.ts';

interface ReadBody {
  readonly state: string;
  readonly data: string;
  readonly size: number;
  readonly trailers: readonly string[];
}

/** What means something before a body alone (RFC 9110, 6.5.1), and what only we or one connection may say. */
const neverTrails =
  /^(accept.*|access-control-.*|age|allow|authorization|cache-control|connection|content-.*|cookie|date|expect|expires|forwarded|host|if-.*|keep-alive|location|max-forwards|origin|pragma|proxy(-.*)?|range|referer|retry-after|sec-.*|set-cookie|te|trailer|transfer-encoding|upgrade|user-agent|vary|via|warning|www-authenticate|x-forwarded-.+|x-real-ip):/;

const mayTrail = (line: string) => {
  const name = line.slice(0, line.indexOf(':') + 1).toLowerCase();
  return !neverTrails.test(name) && !neverTrails.test(name.replaceAll('_', '-'));
};

/** Reads `text` in pieces of up to `pieceLimit` bytes, each among other bytes. */
function readChunked(text: string, dice: Dice, pieceLimit: number): ReadBody {
  const body = new ChunkedBody();
  body.reset(true);
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
  const trailers = body.state === 'done' ? body.trailers.toString('latin1') : '';
  return { state: body.state, data, size: from, trailers: trailers.split('\r\n').slice(0, -1) };
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
      const end = /^((?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*\r\n)*)\r\n/.exec(text.slice(at));
      if (end === null || end[1]!.split('\r\n').length > 101) return undefined;
      const trailers = end[1]!.split('\r\n').slice(0, -1).filter(mayTrail);
      return { state: 'done', data, size: at + end[0].length, trailers };
    }
    if (text.slice(at + size, at + size + 2) !== '\r\n') return undefined;
    data += text.slice(at, at + size);
    at += size + 2;
  }
}

fuzz('chunked-bodies', 'no throw, no standstill, one reading however they are cut, the plain reader agrees', {
  make: (dice, kept) => wounded(dice, someBase(dice, kept, validChunked), validChunked(dice)),
  judge: (text, dice) => {
    const whole = readChunked(text, dice, 100_000);
    assert.deepEqual(readChunked(text, dice, 20), whole, 'cuts change nothing');
    assert.deepEqual(whole.state === 'done' ? whole : undefined, plainChunked(text), 'the plain reader agrees');
    return whole.state === 'done';
  },
  leastGood: 0.1,
});
