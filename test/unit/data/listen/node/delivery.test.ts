import type { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { Delivery } from '../../../../../src/data/listen/node/delivery.ts';
import { GRACE_MS } from '../../../../../src/data/listen/node/upload-pace.ts';

const limits = { bodyTimeoutMs: 60_000, minRateBytesPerSecond: 1000 };

/** A socket whose kernel has taken all of `bytesWritten` but `writeQueueSize`. */
const standing = (bytesWritten: number, writeQueueSize: number) => ({ _handle: { bytesWritten, writeQueueSize } });
const delivery = (socket: object, own = limits) => new Delivery(socket as Socket, own);

test('few bytes must be taken within the grace', () => {
  const one = delivery(standing(4000, 1000));
  expect(one.begin(100)).toBe(100 + GRACE_MS);
  expect(one.isTooSlow(99 + GRACE_MS)).toBe(false);
  expect(one.check(100 + GRACE_MS)).toBe(100 + GRACE_MS);
  expect(one.isTooSlow(100 + GRACE_MS)).toBe(true);
});

test('all bytes handed over count, those too that the kernel took at once', () => {
  const one = delivery(standing(30_000, 1000));
  expect(one.begin(0)).toBe(30_000);
});

test('bytes handed over meanwhile buy more time, and time between waits is not given back', () => {
  const socket = standing(10_000, 1000);
  const one = delivery(socket);
  expect(one.begin(0)).toBe(10_000);
  socket._handle.bytesWritten += 2000;
  expect(one.check(1000)).toBe(12_000);
  socket._handle.bytesWritten += 1000;
  expect(one.begin(20_000)).toBe(20_000 + GRACE_MS);
});

test('who takes nothing has the time-out of a body, who takes something has it again', () => {
  const socket = standing(1_000_000, 90_000);
  const one = delivery(socket);
  expect(one.begin(0)).toBe(60_000);
  socket._handle.writeQueueSize -= 1;
  expect(one.check(60_000)).toBe(120_000);
  expect(one.check(120_000)).toBe(120_000);
  expect(one.isTooSlow(120_000)).toBe(false);
});

test('without a least rate, or exempt, only a standstill ends it', () => {
  expect(delivery(standing(1, 1), { ...limits, minRateBytesPerSecond: 0 }).begin(0)).toBe(60_000);
  const tunnel = delivery(standing(1, 1));
  tunnel.exempt();
  expect(tunnel.begin(0)).toBe(60_000);
});

test('a socket that has closed stands still', () => {
  expect(delivery({ _handle: null }).begin(7)).toBe(7 + GRACE_MS);
});
