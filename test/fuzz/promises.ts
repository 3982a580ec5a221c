import assert from 'node:assert/strict';
import type { Dice } from '../../src/base/dice.ts';
import { failures } from '../../src/model/failures.ts';
import { oneOf } from '../unit/data/http1/head-corpus.ts';
import { surroundings, usualLimits } from '../unit/data/http1/reading-heads.ts';

interface Judged {
  readonly outcome: string;
  readonly failure?: string | undefined;
  readonly size?: number;
}

export interface ReadHow {
  readonly around: Buffer;
  readonly limits: typeof usualLimits;
}

/**
 * What every reader of heads promises for any bytes: it agrees with the plain judge, whatever stands around them,
 * however they are cut, and with whatever limits.
 */
export function keepsPromises<J extends Judged>(
  text: string,
  dice: Dice,
  read: (text: string, how: ReadHow) => J,
  plain: J | undefined,
): J {
  const judged = read(text, { around: surroundings[0]!, limits: usualLimits });
  const around = oneOf(dice, surroundings);
  assert.deepEqual(read(text, { around, limits: usualLimits }), judged, 'bytes outside the range change nothing');
  assert.deepEqual(judged.outcome === 'accepted' ? judged : undefined, plain, 'the plain judge agrees');
  const part = read(text.slice(0, dice.below(text.length + 1)), { around, limits: usualLimits });
  if (part.outcome !== 'incomplete') assert.deepEqual(part, judged, 'what a prefix is judged to be it stays');
  if (judged.failure !== undefined) assert.ok(failures[judged.failure as keyof typeof failures].status >= 400);
  if (dice.below(4) === 0) keepsLimits(text, dice, read, judged);
  return judged;
}

/** Within narrower limits a head is what it was, or it is refused at the limit; nothing waits for more beyond it. */
function keepsLimits<J extends Judged>(
  text: string,
  dice: Dice,
  read: (text: string, how: ReadHow) => J,
  judged: J,
): void {
  const limits = {
    headLimitBytes: 1 + dice.below(text.length + 20),
    targetLimitBytes: 1 + dice.below(40),
    headerLimit: 1 + dice.below(12),
  };
  const narrow = read(text, { around: oneOf(dice, surroundings), limits });
  if (narrow.outcome === 'accepted') {
    assert.deepEqual(narrow, judged, 'a limit changes nothing of what it lets pass');
    assert.ok(judged.size! <= limits.headLimitBytes, 'the size of the head is limited');
  }
  if (narrow.outcome === 'incomplete') assert.ok(text.length < limits.headLimitBytes, 'nothing is awaited beyond it');
  if (judged.outcome === 'refused') assert.notEqual(narrow.outcome, 'accepted', 'limits make nothing valid');
  if (judged.outcome === 'accepted' && judged.size! > limits.headLimitBytes) assert.equal(narrow.outcome, 'refused');
}
