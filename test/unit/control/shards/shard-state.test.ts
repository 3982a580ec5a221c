import { expect, test } from 'vitest';
import { isLeaving, moveShard, type ShardState } from '../../../../src/control/shards/shard-state.ts';

const all: readonly ShardState[] = [
  ...(['starting', 'idle', 'adopting', 'adopted', 'binding', 'serving'] as const),
  ...(['draining', 'settling', 'ending', 'gone'] as const),
];

test('the way to serving has no short cuts and no way back', () => {
  const way = all.slice(0, 6);
  for (const [i, from] of way.entries()) {
    for (const [j, to] of way.entries()) expect(moveShard(from, to)).toBe(j === i + 1 ? to : from);
  }
});

test('every state before gone can end, and nothing leaves gone', () => {
  for (const from of all.slice(0, 9)) expect(moveShard(from, 'gone')).toBe('gone');
  for (const to of all) expect(moveShard('gone', to)).toBe('gone');
});

test('a shard that leaves never serves again, whatever arrives late', () => {
  for (const from of all.filter(isLeaving)) {
    for (const to of all.filter((state) => !isLeaving(state))) expect(moveShard(from, to)).toBe(from);
  }
  expect(moveShard('settling', 'draining')).toBe('settling');
  expect(moveShard('ending', 'settling')).toBe('ending');
});
