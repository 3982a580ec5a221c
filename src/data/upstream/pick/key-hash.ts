import { finish, hashMultiplier, hashStart, hashStep } from '../../../table/text-hash.ts';

/** Not a secret: every shard and every replica must come to the same endpoint. */
const START = hashStart(0);
const MULTIPLIER = hashMultiplier(0);

const SAME = Uint8Array.from({ length: 256 }, (_, byte) => byte);

/** 32 bits, not negative. */
export function hashText(text: string): number {
  let hash = START;
  for (let i = 0; i < text.length; i++) hash = hashStep(hash, text.charCodeAt(i), MULTIPLIER);
  return finish(hash) >>> 0;
}

/** As `hashText` of the same characters in latin-1, each taken from `fold`. */
export function hashBytes(bytes: Uint8Array, start: number, end: number, fold: Uint8Array = SAME): number {
  let hash = START;
  for (let i = start; i < end; i++) hash = hashStep(hash, fold[bytes[i]!]!, MULTIPLIER);
  return finish(hash) >>> 0;
}
