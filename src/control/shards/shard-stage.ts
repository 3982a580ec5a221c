import { type Stage, shardWord, stages } from '../../table/shard-words.ts';

/** What the shard was doing when it last said so. */
export const stageOf = (words: Float64Array): Stage | 'unknown' => stages[words[shardWord.stage]] ?? 'unknown';
