import { durationBoundsMs, shardWord, shardWordCount } from '../../table/shard-words.ts';

/** What describes a moment of one incarnation and means nothing once that one is gone. */
const momentary: ReadonlySet<number> = new Set([
  shardWord.heartbeat,
  shardWord.stage,
  shardWord.adopted,
  shardWord.connectionsOpen,
  shardWord.exchangesActive,
  shardWord.upstreamOpen,
  shardWord.upstreamWaiting,
]);

/** Words of `shardWord.durations`, the one for longer included. */
export const durationWordCount = durationBoundsMs.length + 1;

/**
 * The counters of all shards as one row of words. Incarnations that ended stay in the sum, so a counter never goes
 * backwards when a shard is replaced.
 */
export class ShardTotals {
  readonly #ended = new Float64Array(shardWordCount);

  /** Called once for each incarnation, when its thread is gone and its words stand still. */
  keep(words: Float64Array): void {
    for (let word = 0; word < shardWordCount; word++) {
      if (!momentary.has(word)) this.#ended[word] += words[word];
    }
  }

  /** Sums with the same indices as `shardWord`; heartbeat, stage and adopted have no meaning in it. */
  sum(live: Iterable<Float64Array>): Float64Array {
    const sum = this.#ended.slice();
    for (const words of live) {
      for (let word = 0; word < shardWordCount; word++) sum[word] += words[word];
    }
    return sum;
  }
}
