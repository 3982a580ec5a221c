/**
 * What the shards have learned about endpoints: four words per endpoint slot, shared by all shards and changed in place.
 *
 *   in ──── a refused connection, or failures in a row ────► out ─── its time is over, one request claims it ───► probed
 *   ▲                                                         ▲                                                     │ │
 *   │                                                         └──────── the probe failed: out for twice as long ────┘ │
 *   └──────────────────────────────── the probe was answered: full share at once ─────────────────────────────────────┘
 *
 * Moments are milliseconds of the machine's monotonic clock, the same for every thread, cut to 31 bits, so they come
 * round every 24 days. A word is believed only while it lies no further ahead than the longest time it can be about,
 * so an endpoint that nobody asked for in 24 days may be left out once more, for eleven minutes at most.
 */
export const healthSlotCount = 262_144;

/** Words of a slot. */
const STATE = 0; // 0: in; odd: out until that moment; even: being probed, and the probe is believed in until that moment
const FAILURES = 1; // in a row, while in
const LIFE = 2; // counts ejections: what was sent before the last one says nothing about now
const LEVEL = 3; // ejections since the last success
const WORDS = 4;

export const newHealthWords = (): Int32Array<SharedArrayBuffer> =>
  new Int32Array(new SharedArrayBuffer(healthSlotCount * WORDS * Int32Array.BYTES_PER_ELEMENT));

/** Longest time an endpoint may be left out. */
export const outLimitMs = 600_000;
const FIRST_OUT_MS = 100;
/** A probe that has said nothing for so long is given up: its shard may have died. */
export const probeLimitMs = 10_000;

const MOMENT_MASK = 0x7fff_ffff;

/** Now, in the form the words hold; never 0. */
export function healthMoment(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return ((seconds * 1000 + Math.floor(nanoseconds / 1e6)) & MOMENT_MASK) | 1;
}

/** A thread's idea of now is as old as its last sweep, so a word may lie further ahead than whoever wrote it meant. */
const LAG_MS = 60_000;

const isBefore = (moment: number, word: number): boolean => {
  const leftMs = (word - moment) & MOMENT_MASK;
  return leftMs > 0 && leftMs <= outLimitMs + LAG_MS;
};

/** True from an ejection until a success; asks for nothing. */
export const isOut = (health: Int32Array, slot: number): boolean => slot >= 0 && health[slot * WORDS + STATE] !== 0;

/**
 * True: the request may go there. For an endpoint whose time out is over the first such question claims the probe, so
 * ask last, and send the request there when the answer is yes.
 */
export function isAvailable(health: Int32Array, slot: number, moment: number): boolean {
  if (slot < 0) return true;
  const at = slot * WORDS + STATE;
  const word = health[at] as number;
  if (word === 0) return true;
  if (isBefore(moment, word)) return false;
  return Atomics.compareExchange(health, at, word, probedUntil(moment)) === word;
}

const probedUntil = (moment: number): number => (moment + probeLimitMs) & MOMENT_MASK & ~1 || 2;

/** To be noted when a request is sent, and given with what became of it. */
export const lifeOf = (health: Int32Array, slot: number): number =>
  slot < 0 ? 0 : (health[slot * WORDS + LIFE] as number);

/** The endpoint answered as it should: what was counted against it is forgotten, and it is in. */
export function tellSuccess(health: Int32Array, slot: number, life: number): void {
  if (slot < 0) return;
  const at = slot * WORDS;
  const state = health[at + STATE] as number;
  if ((state === 0 && health[at + FAILURES] === 0) || health[at + LIFE] !== life) return;
  health[at + FAILURES] = 0;
  if (state !== 0 && Atomics.compareExchange(health, at + STATE, state, 0) === state) health[at + LEVEL] = 0;
}

/** Returns how many failures in a row there are now; 0 for one of a former life, which says nothing. */
export function tellFailure(health: Int32Array, slot: number, life: number): number {
  if (slot < 0 || health[slot * WORDS + LIFE] !== life) return 0;
  return Atomics.add(health, slot * WORDS + FAILURES, 1) + 1;
}

/** What became of a request will not be known: where it was the probe, the next request may be it. */
export function tellNothing(health: Int32Array, slot: number, life: number, moment: number): void {
  if (slot < 0 || health[slot * WORDS + LIFE] !== life) return;
  const at = slot * WORDS + STATE;
  const state = health[at] as number;
  if (state !== 0 && (state & 1) === 0) Atomics.compareExchange(health, at, state, moment | 1);
}

export interface Leave {
  /** Of the request that gave the reason. */
  readonly life: number;
  readonly moment: number;
  /** At most `outLimitMs`. */
  readonly maxMs: number;
  /** From 0 up to 1: endpoints that fell together do not return together. */
  readonly luck: number;
}

/**
 * Leaves the endpoint out for 100 ms the first time and twice as long each time until it succeeds, up to `maxMs`, less
 * up to an eighth. False: another request did it before.
 */
export function leaveOut(health: Int32Array, slot: number, { life, moment, maxMs, luck }: Leave): boolean {
  const at = slot * WORDS;
  const next = (life + 1) & MOMENT_MASK;
  if (slot < 0 || Atomics.compareExchange(health, at + LIFE, life, next) !== life) return false;
  const level = health[at + LEVEL] as number;
  const outMs = Math.min(FIRST_OUT_MS * 2 ** level, maxMs, outLimitMs);
  health[at + LEVEL] = Math.min(level + 1, 16);
  health[at + FAILURES] = 0;
  Atomics.store(health, at + STATE, ((moment + Math.floor(outMs * (1 - luck / 8))) & MOMENT_MASK) | 1);
  return true;
}

/** The slot belongs to another endpoint now; what is still under way to the former one says nothing about it. */
export function resetHealth(health: Int32Array, slot: number): void {
  const at = slot * WORDS;
  Atomics.add(health, at + LIFE, 1);
  for (const word of [STATE, FAILURES, LEVEL]) Atomics.store(health, at + word, 0);
}
