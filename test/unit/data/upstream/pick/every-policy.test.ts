import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type BalancingKind, balancingKinds } from '../../../../../src/model/backend-policy.ts';
import { endpointsOf, headOf, Picking } from '../../../../support/picking.ts';

const nameOf: Partial<Record<BalancingKind, string>> = { 'hash-header': 'x-tenant', cookie: 'sticky' };

interface Step {
  readonly act: 'pick' | 'leave' | 'return' | 'wait';
  readonly which: number;
}

const steps = fc.array(
  fc.record({
    act: fc.constantFrom<Step['act']>('pick', 'pick', 'pick', 'leave', 'return', 'wait'),
    which: fc.nat({ max: 1000 }),
  }),
  { maxLength: 120 },
);
const weightLists = fc.array(fc.constantFrom(1, 1, 2, 7, 1000), { maxLength: 9 });

/** Tokens of its own backend, of nobody, tenants. */
function headFor(picking: Picking, which: number) {
  const endpoint = picking.endpoints[which % (picking.endpoints.length || 1)];
  if (which % 3 === 0 || endpoint === undefined) return headOf();
  const line = picking.backend.affinity?.answerLines(headOf(), endpoint)?.toString('latin1');
  return headOf(`X-Tenant: t${which % 40}`, `Cookie: a=b; ${/sticky=\w+/.exec(line ?? '')?.[0] ?? 'sticky=none'}`);
}

describe.each(balancingKinds)('%s', (kind) => {
  test('picks only listed endpoints: one that is in while there is one, and never the one that has just failed', () => {
    fc.assert(
      fc.property(weightLists, steps, fc.nat(), (weights, script, seed) => {
        const count = weights.length;
        const balancing = { kind, name: nameOf[kind] ?? '', salt: 'salt' };
        const picking = new Picking(endpointsOf(count), { balancing, weights, seed });
        for (const { act, which } of script) {
          if (act === 'pick') expectGoodPick(picking, which);
          else if (count > 0 && act === 'leave') picking.leaveOut(which % count);
          else if (count > 0 && act === 'return') picking.bringBack(which % count);
          picking.moment += act === 'wait' ? 40 : 2;
        }
      }),
      { numRuns: 300 },
    );
  });

  function expectGoodPick(picking: Picking, which: number): void {
    const { endpoints } = picking;
    const outBefore = endpoints.map((_, index) => picking.isOut(index));
    const wasDue = outBefore.map((_, index) => picking.isDue(index));
    const not = which % 5 === 0 ? endpoints[(which >> 3) % (endpoints.length || 1)] : undefined;
    const index = picking.index({ head: headFor(picking, which), address: `10.9.${which >> 8}.${which & 255}`, not });
    const others = endpoints.filter((endpoint) => endpoint !== not);
    expect(index >= 0).toBe(others.length > 0);
    if (index < 0) return;
    expect(endpoints[index]).not.toBe(not);
    const someIn = endpoints.some((endpoint, at) => endpoint !== not && !outBefore[at]);
    if (someIn) expect(!outBefore[index] || wasDue[index]).toBe(true);
  }
});
