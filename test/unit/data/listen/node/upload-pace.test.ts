import { expect, test } from 'vitest';
import { GRACE_MS, UploadPace } from '../../../../../src/data/listen/node/upload-pace.ts';

test('nobody is too slow within the grace', () => {
  const pace = new UploadPace(1000);
  pace.begin(100);
  expect(pace.limitMs).toBe(100 + GRACE_MS);
  pace.count(4999);
  expect(pace.limitMs).toBe(100 + GRACE_MS);
});

test('each byte buys the time that the least rate gives it', () => {
  const pace = new UploadPace(1000);
  pace.begin(0);
  pace.count(6000);
  expect(pace.limitMs).toBe(6000);
  pace.count(1000);
  expect(pace.limitMs).toBe(7000);
});

test('pauses do not count', () => {
  const pace = new UploadPace(1000);
  pace.begin(0);
  pace.pause(2000);
  pace.resume(10_000);
  expect(pace.limitMs).toBe(8000 + GRACE_MS);
  pace.pause(11_000);
  pace.resume(11_500);
  expect(pace.limitMs).toBe(8500 + GRACE_MS);
});

test('the next body begins anew', () => {
  const pace = new UploadPace(1000);
  pace.begin(0);
  pace.count(1_000_000);
  pace.pause(1);
  pace.begin(50);
  expect(pace.limitMs).toBe(50 + GRACE_MS);
});

test('without a least rate, or exempt, there is no limit', () => {
  const any = new UploadPace(0);
  any.begin(0);
  expect(any.limitMs).toBe(Number.POSITIVE_INFINITY);
  const pace = new UploadPace(1000);
  pace.begin(0);
  pace.exempt();
  pace.count(1);
  expect(pace.limitMs).toBe(Number.POSITIVE_INFINITY);
  pace.pause(10);
  pace.resume(20);
  expect(pace.limitMs).toBe(Number.POSITIVE_INFINITY);
  pace.begin(30);
  expect(pace.limitMs).toBe(30 + GRACE_MS);
});
