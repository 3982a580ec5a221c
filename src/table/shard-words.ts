import { failureNames } from '../model/failures.ts';

/**
 * One small shared buffer per shard: the shard writes, the main thread reads. Every word is a Float64, because
 * counters outgrow 32 bits and one writer needs no read-modify-write; a reader may see a counter a moment late,
 * never torn (aligned 8-byte stores).
 */
export const shardWord = {
  /** Counts up while the shard's loop turns. */
  heartbeat: 0,
  /** A `stages` index: what the shard was doing when it last said so. */
  stage: 1,
  /** Newest generation adopted. */
  adopted: 2,
  connectionsOpen: 3,
  connectionsTotal: 4,
  exchangesActive: 5,
  upstreamOpen: 6,
  upstreamTotal: 7,
  upstreamReused: 8,
  retries: 9,
  /** Five words: answers 1xx to 5xx. */
  answers: 10,
  /** Sum of exchange times in milliseconds, then one word per bound of `durationBoundsMs`, then one for longer. */
  durationSumMs: 16,
  durations: 17,
  /** Bytes read from clients; bodies, tunnels and answers of our own handed to clients. */
  bytesIn: 30,
  bytesOut: 31,
  /** Connections that came while the shard had all it may have. */
  connectionsRefused: 32,
  /** Times this shard left an endpoint out. */
  ejections: 33,
  /** Requests that wait for a connection to their endpoint. */
  upstreamWaiting: 34,
  /** Retries that the budget did not allow. */
  retriesDenied: 35,
  /** One word per failure, in the order of `failureNames`. */
  failures: 40,
} as const;

export const durationBoundsMs = [1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 10_000] as const;

/** `idle` is the wait for events: a heartbeat that stands still there is the thread's end, not a loop. */
export const stages = [
  'idle',
  'accept',
  'client-bytes',
  'client-event',
  'upstream-bytes',
  'upstream-event',
  'adopt',
  'timer',
] as const;
export type Stage = (typeof stages)[number];

export const shardWordCount = shardWord.failures + failureNames.length;

export const newShardWords = (): Float64Array<SharedArrayBuffer> =>
  new Float64Array(new SharedArrayBuffer(shardWordCount * Float64Array.BYTES_PER_ELEMENT));
