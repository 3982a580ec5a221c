import { expect, test } from 'vitest';
import { newSeed } from '../../../../support/dice.ts';
import { endpointsOf, Picking } from '../../../../support/picking.ts';

const balancing = { kind: 'random' } as const;

/** Within five standard deviations of the binomial distribution: fails once in a million runs. */
function expectShares(counts: readonly number[], weights: readonly number[]): void {
  const picks = counts.reduce((total, one) => total + one, 0);
  const total = weights.reduce((sum, one) => sum + one, 0);
  for (const [index, weight] of weights.entries()) {
    const share = weight / total;
    const bound = 5 * Math.sqrt(picks * share * (1 - share));
    expect(Math.abs(counts[index]! - picks * share)).toBeLessThanOrEqual(bound);
  }
}

test.each([[[1, 1, 1, 1]], [[1, 3, 2]], [[1000, 1]], [[10, 9, 1, 1, 1]], [[5, 5, 1, 17, 300, 2, 2]]])(
  'endpoints of the weights %j are drawn in their proportion',
  (weights) => {
    const seed = newSeed();
    console.info(`seed ${seed}`);
    expectShares(new Picking(endpointsOf(weights.length), { balancing, weights, seed }).counts(50_000), weights);
  },
);

test('while the heaviest endpoint is out the others are drawn in their proportion', () => {
  const seed = newSeed();
  console.info(`seed ${seed}`);
  const picking = new Picking(endpointsOf(4), { balancing, weights: [1000, 3, 2, 1], seed });
  picking.leaveOut(0);
  expectShares(picking.counts(20_000), [0, 3, 2, 1]);
});

test('the endpoint that has just failed is not drawn again while there is another', () => {
  const picking = new Picking(endpointsOf(3), { balancing, weights: [1000, 1, 1] });
  picking.leaveOut(1);
  const not = picking.endpoints[0];
  expect(picking.counts(50, () => ({ not }))).toEqual([0, 0, 50]);
  picking.leaveOut(2);
  expect(picking.counts(50, () => ({ not }))[0]).toBe(0);
  const alone = new Picking(endpointsOf(1), { balancing });
  expect(alone.pick({ not: alone.endpoints[0] })).toBeUndefined();
});
