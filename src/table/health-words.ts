/**
 * One word per endpoint slot, shared by all shards and updated in place: the moment until which picks leave the
 * endpoint out. 0 is "nothing known against it". Moments are milliseconds of the machine's monotonic clock, the same
 * for every thread, cut to 31 bits, so they come round every 24 days. A word is believed only while it lies no further
 * ahead than the longest mark, and picks clear the words whose time is over.
 */
export const healthSlotCount = 262_144;

export const newHealthWords = (): Int32Array<SharedArrayBuffer> =>
  new Int32Array(new SharedArrayBuffer(healthSlotCount * Int32Array.BYTES_PER_ELEMENT));

/** Longest time an endpoint may be left out. */
export const outLimitMs = 600_000;

const MOMENT_MASK = 0x7fff_ffff;

/** Now, in the form the words hold; never 0. */
export function healthMoment(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return ((seconds * 1000 + Math.floor(nanoseconds / 1e6)) & MOMENT_MASK) | 1;
}

/** True while `moment` lies before the moment in the word. */
export function isOut(word: number, moment: number): boolean {
  const leftMs = (word - moment) & MOMENT_MASK;
  return word !== 0 && leftMs > 0 && leftMs <= outLimitMs + 1;
}

/** The word for "out until `ms` after `moment`"; `ms` is at most `outLimitMs`. */
export const outUntil = (moment: number, ms: number): number => ((moment + Math.min(ms, outLimitMs)) & MOMENT_MASK) | 1;
