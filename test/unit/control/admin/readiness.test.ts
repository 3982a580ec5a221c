import { expect, test } from 'vitest';
import { checkText, isReady, type ReadinessFacts, readinessChecks } from '../../../../src/control/admin/readiness.ts';

const well: ReadinessFacts = {
  generation: 3,
  shardCount: 2,
  servingCount: 2,
  steady: true,
  lateShards: [],
  stopping: false,
};

const failing = (facts: Partial<ReadinessFacts>): string[] =>
  readinessChecks({ ...well, ...facts }).flatMap((check) => (check.problem === undefined ? [] : [check.name]));

test('ready when something is published, every shard has served it, none is late and nobody said stop', () => {
  expect(isReady(readinessChecks(well))).toBe(true);
  expect(readinessChecks(well).map(checkText)).toEqual([
    '[+]routes ok',
    '[+]shards ok',
    '[+]heartbeat ok',
    '[+]stopping ok',
  ]);
});

test('each reason alone makes it not ready', () => {
  expect(failing({ generation: 0 })).toEqual(['routes']);
  expect(failing({ steady: false, servingCount: 1 })).toEqual(['shards']);
  expect(failing({ servingCount: 0 })).toEqual(['shards']);
  expect(failing({ lateShards: [1] })).toEqual(['heartbeat']);
  expect(failing({ stopping: true })).toEqual(['stopping']);
});

test('a shard that is replaced while others serve does not make it unready', () => {
  expect(failing({ servingCount: 1 })).toEqual([]);
});

test('a failed check says why', () => {
  const [, shards, heartbeat] = readinessChecks({ ...well, steady: false, servingCount: 1, lateShards: [0, 1] });
  expect(checkText(shards)).toBe('[-]shards failed: 1 of 2 serve');
  expect(checkText(heartbeat)).toBe('[-]heartbeat failed: late by 1 s or more: 0, 1');
});
