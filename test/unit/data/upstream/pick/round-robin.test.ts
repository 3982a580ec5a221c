import { expect, test } from 'vitest';
import { endpointsOf, NOW, OUT_MS, Picking } from '../../../../support/picking.ts';

const times = (picks: number, picking: Picking): number[] => Array.from({ length: picks }, () => picking.index());

test('picks go round, and weights do not count', () => {
  const picking = new Picking(endpointsOf(3), { weights: [1, 100, 1] });
  const first = picking.index();
  expect(times(6, picking)).toEqual([1, 2, 3, 4, 5, 6].map((turn) => (first + turn) % 3));
});

test('shards begin at different endpoints', () => {
  const firsts = Array.from({ length: 50 }, (_, seed) => new Picking(endpointsOf(4), { seed }).index());
  expect(new Set(firsts)).toEqual(new Set([0, 1, 2, 3]));
});

test('an endpoint that is out is passed over, and its turns are spread over the others', () => {
  const picking = new Picking(endpointsOf(4));
  picking.leaveOut(1);
  expect(picking.counts(300)).toEqual([100, 0, 100, 100]);
});

test('one request is the probe when the time out is over; an answer brings the endpoint back', () => {
  const picking = new Picking(endpointsOf(2));
  picking.leaveOut(0);
  picking.moment = NOW + OUT_MS + 2;
  expect(times(4, picking).filter((index) => index === 0)).toHaveLength(1);
  picking.bringBack(0);
  expect(picking.counts(10)).toEqual([5, 5]);
});

test('what is out is passed over; when everything is, the marks are doubted', () => {
  const half = new Picking(endpointsOf(4));
  half.leaveOut(0, 1);
  expect(half.counts(100)).toEqual([0, 0, 50, 50]);
  const most = new Picking(endpointsOf(4));
  most.leaveOut(0, 1, 2);
  expect(most.counts(100)).toEqual([0, 0, 0, 100]);
  const all = new Picking(endpointsOf(4));
  all.leaveOut(0, 1, 2, 3);
  expect(all.counts(100)).toEqual([25, 25, 25, 25]);
});

test('a second attempt is no probe', () => {
  const picking = new Picking(endpointsOf(3));
  picking.leaveOut(0, 1);
  picking.moment = NOW + OUT_MS + 2;
  for (let i = 0; i < 6; i++) expect(picking.index({ not: picking.endpoints[0] })).toBe(2);
  expect(picking.index()).not.toBe(2);
});

test('doubt ends when endpoints come back', () => {
  const picking = new Picking(endpointsOf(2));
  picking.leaveOut(0, 1);
  expect(picking.counts(10)).toEqual([5, 5]);
  picking.bringBack(1);
  picking.moment += 2;
  expect(picking.counts(10)).toEqual([0, 10]);
});

test('the endpoint that has just failed is not picked again, even when it is the only one', () => {
  const picking = new Picking(endpointsOf(2));
  picking.leaveOut(1);
  for (let i = 0; i < 4; i++) expect(picking.index({ not: picking.endpoints[0] })).toBe(1);
  const alone = new Picking(endpointsOf(1));
  expect(alone.pick({ not: alone.endpoints[0] })).toBeUndefined();
});

test('endpoints without a health word are always in', () => {
  const picking = new Picking(endpointsOf(2, () => -1));
  expect(picking.counts(4)).toEqual([2, 2]);
});
