import { durationBoundsMs, shardWord } from '../table/shard-words.ts';

/** Counts a finished exchange. Every exchange comes here exactly once, however it ended. */
export function settle(words: Float64Array, durationMs: number): void {
  words[shardWord.exchangesActive]--;
  words[shardWord.durationSumMs] += durationMs;
  let bucket = 0;
  while (bucket < durationBoundsMs.length && durationMs > (durationBoundsMs[bucket] as number)) bucket++;
  words[shardWord.durations + bucket]++;
}
