/**
 * The one hash of the tables: 32 bits, one step per byte, so that a scan knows the hash of every beginning of a path.
 * Start and multiplier both come from a secret seed, and the shift after the multiplication breaks the collisions that
 * fit every multiplier (Thue–Morse strings against plain polynomials): an author of routes cannot aim for one slot.
 */
export const hashStart = (seed: number): number => finish(seed ^ 0x2545_f491);

export const hashMultiplier = (seed: number): number => finish(seed ^ 0x9e37_79b9) | 1;

export function hashStep(hash: number, byte: number, multiplier: number): number {
  const mixed = Math.imul(hash ^ byte, multiplier);
  return mixed ^ (mixed >>> 15);
}

/** Spreads a hash over the low bits, which choose the slot. */
export function finish(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2_ae35 | 0);
  return mixed ^ (mixed >>> 16);
}

/** A power of two that keeps at least half of the slots free, so that a miss ends after a step or two. */
export function slotCountFor(entries: number): number {
  let count = 8;
  while (count < entries * 2) count *= 2;
  return count;
}
