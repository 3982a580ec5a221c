import { expect, test } from 'vitest';
import { ShardTotals } from '../../../../src/control/shards/shard-totals.ts';
import { newShardWords, shardWord } from '../../../../src/table/shard-words.ts';

function words(values: Partial<Record<keyof typeof shardWord, number>>): Float64Array {
  const made = newShardWords();
  for (const [name, value] of Object.entries(values)) made[shardWord[name as keyof typeof shardWord]] = value;
  return made;
}

test('counters of an incarnation that ended stay in the sum', () => {
  const totals = new ShardTotals();
  totals.keep(words({ connectionsTotal: 5, answers: 2, durationSumMs: 1.5, failures: 3 }));
  totals.keep(words({ connectionsTotal: 1 }));
  const sum = totals.sum([words({ connectionsTotal: 10, answers: 1 }), words({ connectionsTotal: 100 })]);
  expect(sum[shardWord.connectionsTotal]).toBe(116);
  expect(sum[shardWord.answers]).toBe(3);
  expect(sum[shardWord.durationSumMs]).toBe(1.5);
  expect(sum[shardWord.failures]).toBe(3);
});

test('what an incarnation had open when it ended is open no more', () => {
  const totals = new ShardTotals();
  const open = ['connectionsOpen', 'exchangesActive', 'upstreamOpen', 'upstreamWaiting'] as const;
  totals.keep(words(Object.fromEntries(open.map((name) => [name, 9]))));
  const sum = totals.sum([words({ connectionsOpen: 1 })]);
  expect(open.map((name) => sum[shardWord[name]])).toEqual([1, 0, 0, 0]);
});

test('a sum is a copy: the next one starts from what was kept', () => {
  const totals = new ShardTotals();
  totals.sum([words({ retries: 5 })]);
  expect(totals.sum([])[shardWord.retries]).toBe(0);
});
