import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteStash } from '../../../src/base/byte-stash.ts';

test('what goes in comes out, however it is cut', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 2000 })), (pieces) => {
      const stash = new ByteStash();
      for (const piece of pieces) stash.append(piece, 0, piece.length);
      expect(stash.length).toBe(pieces.reduce((sum, piece) => sum + piece.length, 0));
      expect(stash.take()).toEqual(Buffer.concat(pieces));
      expect(stash.length).toBe(0);
    }),
  );
});

test('bytes that were taken are never written again', () => {
  const stash = new ByteStash();
  stash.append(Buffer.from('first'), 0, 5);
  const taken = stash.take();
  stash.append(Buffer.from('other'), 0, 5);
  expect(taken.toString()).toBe('first');
});
