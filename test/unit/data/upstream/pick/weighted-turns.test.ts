import fc from 'fast-check';
import { expect, test } from 'vitest';
import { endpointsOf, Picking } from '../../../../support/picking.ts';

const balancing = { kind: 'weighted' } as const;
const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);
const weightLists = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 12 });

test('each run of as many picks as there are weights has every endpoint as often as its weight', () => {
  fc.assert(
    fc.property(weightLists, fc.nat(), (weights, seed) => {
      const picking = new Picking(endpointsOf(weights.length), { balancing, weights, seed });
      for (let run = 0; run < 3; run++) expect(picking.counts(sum(weights))).toEqual(weights);
    }),
  );
});

test('the turns of an endpoint are spread: it waits at most twice as long as its share says', () => {
  fc.assert(
    fc.property(weightLists, fc.nat(), (weights, seed) => {
      const picking = new Picking(endpointsOf(weights.length), { balancing, weights, seed });
      const last = weights.map(() => 0);
      for (let turn = 1; turn <= sum(weights) * 3; turn++) {
        const index = picking.index();
        expect(turn - last[index]!).toBeLessThanOrEqual(
          Math.ceil((2 * sum(weights)) / weights[index]!) + weights.length,
        );
        last[index] = turn;
      }
    }),
  );
});

test('the largest weights cost no more picks than the smallest', () => {
  const picking = new Picking(endpointsOf(2), { balancing, weights: [1000, 1] });
  expect(picking.counts(10_010)).toEqual([10_000, 10]);
});

test('equal weights go round', () => {
  const picking = new Picking(endpointsOf(3), { balancing, weights: [7, 7, 7] });
  const order = [0, 1, 2, 3, 4, 5].map(() => picking.index());
  expect(order.slice(3)).toEqual(order.slice(0, 3));
  expect(new Set(order)).toEqual(new Set([0, 1, 2]));
});

test('while the heaviest endpoint is out the others keep their proportion', () => {
  const picking = new Picking(endpointsOf(3), { balancing, weights: [1000, 3, 1] });
  picking.leaveOut(0);
  const counts = picking.counts(400);
  expect(counts[0]).toBe(0);
  expect(counts[1]).toBeGreaterThanOrEqual(298);
  expect(counts[1]).toBeLessThanOrEqual(302);
});

test('an endpoint that comes back does not make up for the turns that it has missed', () => {
  const picking = new Picking(endpointsOf(3), { balancing, weights: [4, 3, 2] });
  picking.leaveOut(0);
  picking.counts(5000);
  picking.bringBack(0);
  const counts = picking.counts(90);
  for (const [index, share] of [40, 30, 20].entries()) expect(Math.abs(counts[index]! - share)).toBeLessThanOrEqual(2);
});

test('the endpoint that has just failed is not picked again', () => {
  const picking = new Picking(endpointsOf(3), { balancing, weights: [50, 2, 1] });
  const not = picking.endpoints[0];
  expect(picking.counts(30, () => ({ not }))[0]).toBe(0);
  const alone = new Picking(endpointsOf(1), { balancing });
  expect(alone.pick({ not: alone.endpoints[0] })).toBeUndefined();
});
