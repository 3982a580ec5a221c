import { expect, test } from 'vitest';
import { newSeed } from '../../../../support/dice.ts';
import { endpointsOf, Picking } from '../../../../support/picking.ts';

const balancing = { kind: 'least-requests' } as const;

function seeded(count: number, weights?: readonly number[]): Picking {
  const seed = newSeed();
  console.info(`seed ${seed}`);
  return new Picking(endpointsOf(count), { balancing, seed, ...(weights && { weights }) });
}

/** Requests come and none of them ends. */
function load(picking: Picking, requests: number): number[] {
  for (let i = 0; i < requests; i++) picking.pick()!.active++;
  return picking.endpoints.map((endpoint) => endpoint.active);
}

test('of two endpoints the one with fewer requests is picked', () => {
  const picking = seeded(2);
  picking.endpoints[0]!.active = 3;
  picking.endpoints[1]!.active = 2;
  expect(picking.counts(50)).toEqual([0, 50]);
});

test('requests that do not end are level over the endpoints', () => {
  const active = load(seeded(10), 1000);
  // Two choices: the fullest of 10 is above the mean by ln ln 10 / ln 2 + O(1); by pure chance it would be about 16.
  expect(Math.max(...active) - Math.min(...active)).toBeLessThanOrEqual(10);
});

test('requests that do not end are level by weight', () => {
  const active = load(seeded(3, [6, 3, 1]), 1000);
  for (const [index, share] of [600, 300, 100].entries())
    expect(Math.abs(active[index]! - share)).toBeLessThanOrEqual(30);
});

test('without load an endpoint is picked as often as its weight says', () => {
  const counts = seeded(2, [3, 1]).counts(10_000);
  expect(counts[0]).toBeGreaterThan(7200);
  expect(counts[0]).toBeLessThan(7800);
});

test('an endpoint that is out is not picked for being idle', () => {
  const picking = seeded(4);
  picking.leaveOut(0);
  for (const endpoint of picking.endpoints.slice(1)) endpoint.active = 100;
  expect(picking.counts(200)[0]).toBe(0);
});

test('the endpoint that has just failed is not picked again while there is another', () => {
  const picking = seeded(3);
  picking.leaveOut(1);
  const not = picking.endpoints[0];
  expect(picking.counts(50, () => ({ not }))).toEqual([0, 0, 50]);
  const alone = seeded(1);
  expect(alone.index()).toBe(0);
  expect(alone.pick({ not: alone.endpoints[0] })).toBeUndefined();
});
