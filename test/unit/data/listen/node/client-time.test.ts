import type { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { Deadlines } from '../../../../../src/base/deadlines.ts';
import { ClientTime } from '../../../../../src/data/listen/node/client-time.ts';
import { GRACE_MS } from '../../../../../src/data/listen/node/upload-pace.ts';
import type { Shard } from '../../../../../src/data/shard.ts';

const settings = {
  headTimeoutMs: 10_000,
  bodyTimeoutMs: 60_000,
  tunnelIdleMs: 3_600_000,
  minRateBytesPerSecond: 1000,
};

/** A client whose time is told, and what it was told overdue for. */
function watched() {
  const overdue: string[] = [];
  const shard = { nowMs: 0, idleTimeoutMs: 75_000, settings, deadlines: new Deadlines() };
  const handle = { bytesWritten: 0, writeQueueSize: 0 };
  const taker = { overdue: (wait: string, failure: string) => overdue.push(`${wait}: ${failure}`) };
  const time = new ClientTime(shard as unknown as Shard, { _handle: handle } as unknown as Socket, taker);
  const at = (nowMs: number) => {
    shard.nowMs = nowMs;
    shard.deadlines.sweep(nowMs);
  };
  return { time, shard, handle, overdue, at };
}

test('a head, the pause behind an answer and a tunnel have their time-outs', () => {
  const { time, overdue, at } = watched();
  at(9_999);
  expect(overdue).toEqual([]);
  at(10_000);
  time.request();
  at(84_999);
  time.head();
  at(94_998);
  expect(overdue).toEqual(['head: request-timeout']);
  at(94_999);
  time.tunnel();
  at(94_999 + 3_600_000);
  time.nothing();
  at(1e12);
  expect(overdue).toEqual(['head: request-timeout', 'head: request-timeout', 'tunnel: request-timeout']);
});

test('the pause gets shorter when the shard has less patience, but not twice as short', () => {
  const { time, shard, overdue, at } = watched();
  at(1000);
  time.request();
  shard.idleTimeoutMs = 5000;
  time.hurry();
  at(5999);
  expect(overdue).toEqual([]);
  time.hurry();
  at(6000);
  expect(overdue).toEqual(['request: request-timeout']);
  time.head();
  time.hurry();
  expect(time.deadlineMs).toBe(16_000);
});

test('a body is given up when it stands still, or when it is slow', () => {
  const { time, overdue, at } = watched();
  time.body();
  time.bodyCame(100_000);
  at(59_999);
  expect(overdue).toEqual([]);
  at(60_000);
  expect(overdue).toEqual(['body: request-timeout']);
  time.body();
  at(60_000 + GRACE_MS);
  expect(overdue[1]).toBe('body: client-too-slow');
});

test('while the endpoint is the slow one no time of the client runs, whatever has been read already', () => {
  const { time, overdue, at } = watched();
  time.body();
  at(1000);
  time.pauseBody();
  time.bodyCame(10);
  time.pauseBody();
  time.bodyFramed(2);
  at(1_000_000);
  expect(overdue).toEqual([]);
  time.resumeBody();
  expect(time.deadlineMs).toBe(1_000_000 + GRACE_MS - 1000);
});

test('a body whose answer did not wait for it may stay away', () => {
  const { time, overdue, at } = watched();
  time.lateBody();
  at(1_000_000);
  time.bodyCame(1);
  at(1_059_999);
  expect(overdue).toEqual([]);
  at(1_060_000);
  expect(overdue).toEqual(['body: request-timeout']);
});

test('what it was sent must be taken first; then the other time begins anew', () => {
  const { time, handle, overdue, at } = watched();
  time.body();
  handle.bytesWritten = 20_000;
  handle.writeQueueSize = 10_000;
  time.take();
  time.bodyCame(5);
  at(19_999);
  time.take();
  expect(overdue).toEqual([]);
  expect(time.taken()).toBe(true);
  expect(time.taken()).toBe(false);
  expect(time.deadlineMs).toBe(19_999 + GRACE_MS); // nobody sends while it cannot read
  time.nothing();
  at(20_000);
  time.take();
  at(20_000 + GRACE_MS);
  expect(overdue).toEqual(['take: client-too-slow']);
});

test('the endpoint may be slow while the client is', () => {
  const { time, handle, overdue, at } = watched();
  time.body();
  at(1000);
  handle.bytesWritten = 30_000;
  time.take();
  at(2000);
  time.pauseBody();
  at(3000);
  time.resumeBody();
  at(4000);
  time.taken();
  expect(time.deadlineMs).toBe(3000 + GRACE_MS);
  time.take();
  time.pauseBody();
  time.taken();
  at(1_000_000);
  expect(overdue).toEqual([]);
  time.resumeBody();
  expect(time.deadlineMs).toBe(999_000 + GRACE_MS);
});

test('who takes some of it gets more time', () => {
  const { time, handle, overdue, at } = watched();
  time.nothing();
  handle.bytesWritten = 1_000_000;
  handle.writeQueueSize = 500_000;
  time.take();
  handle.writeQueueSize = 400_000;
  at(60_000);
  expect(overdue).toEqual([]);
  at(120_000);
  expect(overdue).toEqual(['take: client-gone']);
});

test('nothing runs after the end', () => {
  const { time, shard, overdue, at } = watched();
  time.stop();
  at(1_000_000);
  expect(overdue).toEqual([]);
  expect(shard.deadlines.size).toBe(0);
});
