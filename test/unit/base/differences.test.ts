import fc from 'fast-check';
import { expect, test } from 'vitest';
import { differences } from '../../../src/base/differences.ts';

interface Item {
  readonly key: number;
}

test('of two lists in one order exactly what only one of them has is named', () => {
  const items = Array.from({ length: 12 }, (_, i): Item => ({ key: Math.floor(i / 2) }));
  const lists = fc.tuple(fc.subarray(items), fc.subarray(items));
  const oneOfEach = (list: Item[]): Item[] => list.filter((item, i) => item.key !== list[i - 1]?.key);
  const check = ([one, other]: [Item[], Item[]]): void => {
    const [before, after] = [oneOfEach(one), oneOfEach(other)];
    const { came, went } = differences(before, after, (a, b) => a.key < b.key);
    expect(came).toEqual(after.filter((item) => !before.includes(item)));
    expect(went).toEqual(before.filter((item) => !after.includes(item)));
  };
  fc.assert(fc.property(lists, check), { numRuns: 2_000 });
});
