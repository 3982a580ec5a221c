import assert from 'node:assert/strict';
import type { Dice } from '../../src/base/dice.ts';
import { CanonicalPath, scanPath } from '../../src/data/http1/path.ts';
import { INCOMPLETE, REFUSED } from '../../src/data/http1/reading.ts';
import { mutated, oneOf } from '../unit/data/http1/head-corpus.ts';
import { plainPath } from '../unit/data/http1/plain-judges.ts';
import { amid, surroundings } from '../unit/data/http1/reading-heads.ts';
import { fuzz, someBase } from './fuzzing.ts';

const pieces =
  '/ / / /. /.. . . .. ; a b1 ~ %2e %2E %2f %5C %00 %61 %3b %c3%a9 %C3 %E0 %A0 %80 %f0 %90 %8f %F8 %88 %fc %84 %c0 %C1%af % %4 \\ | { " \x80'.split(
    ' ',
  );

/** Any byte, or the two that begin a sequence of UTF-8, percent-encoded in any letter case. */
function triples(dice: Dice): string {
  const bytes = dice.below(2) === 0 ? [dice.below(256)] : [0xc0 + dice.below(64), 0x80 + dice.below(64)];
  const text = bytes.map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
  return dice.below(2) === 0 ? text.toUpperCase() : text;
}

const piece = (dice: Dice) => (dice.below(4) === 0 ? triples(dice) : oneOf(dice, pieces));

const awkward = (dice: Dice) => `/${Array.from({ length: dice.below(10) }, () => piece(dice)).join('')}`;

/** A path as a client writes it, without the bytes that end it. */
const ended = (text: string) => `/${text.replace(/[ ?]/g, '').replace(/^\//, '')}`;

const canonical = new CanonicalPath();

/** The canonical form, or why there is none. */
function read(path: string, behind: string, dice: Dice): string | number {
  const { bytes, start, end } = amid(path + behind, oneOf(dice, surroundings));
  const result = canonical.read(bytes, start, end);
  const text = result < 0 ? result : canonical.bytes.toString('latin1', 0, canonical.length);
  const scanned = scanPath(bytes, start, end);
  if (scanned >= 0) assert.deepEqual([scanned, path], [result, text], 'the one look and the second agree');
  if (scanned === INCOMPLETE) assert.equal(result, INCOMPLETE);
  return text;
}

fuzz('paths', 'canonical as the plain judge says, canonical again, never above the root, however they are cut', {
  make: (dice, kept) => {
    const base = someBase(dice, kept, awkward);
    return dice.below(2) === 0 ? base : mutated(dice, base, awkward(dice));
  },
  judge: (text, dice) => {
    const path = ended(text);
    const found = read(path, oneOf(dice, [' ', '?', ' HTTP/1.1', '?/../%2f']), dice);
    assert.equal(found === REFUSED ? undefined : found, plainPath(path), 'the plain judge agrees');
    const part = read(path.slice(0, 1 + dice.below(path.length)), '', dice);
    if (part !== INCOMPLETE) assert.deepEqual([part, found], [REFUSED, REFUSED], 'a prefix is refused for good');
    if (typeof found === 'number') return false;
    assert.equal(read(found, ' ', dice), found, 'canonical is canonical');
    assert.equal(new URL(`http://a${found}`).pathname, found, 'a URL reader sees the same');
    assert.doesNotMatch(found, /\/\.{1,2}(?:\/|$)|\/\/|\\|%(?:2F|5C|00|C0|C1)|[^!-~]/);
    return true;
  },
  leastGood: 0.1,
});
