import { expect, test } from 'vitest';
import type { HeldMap } from '../../../../../src/control/sources/kubernetes/held-objects.ts';
import { isSuspicious } from '../../../../../src/control/sources/kubernetes/judge-shrink.ts';

/** `a2 b0` : object a weighs 2, b nothing. */
function held(text: string): HeldMap<null> {
  const objects = text.split(' ').filter((part) => part !== '');
  return new Map(
    objects.map((part) => {
      const name = { namespace: 'n', name: part[0] };
      return [part[0], { name, uid: part[0], version: '1', item: null, weight: Number(part.slice(1)) }];
    }),
  );
}

test.each([
  ['', '', false, 'nothing is lost from nothing'],
  ['', 'a1', false, 'something new is no shrink'],
  ['a1', '', true, 'the last one is more than half'],
  ['a0', '', true, 'also when it weighs nothing'],
  ['a1 b1', 'a1', false, 'half is not more than half'],
  ['a1 b1 c1', 'a1', true, 'two of three'],
  ['a9 b1 c1 d1', 'b1 c1 d1', true, 'one object with most of the endpoints'],
  ['a9 b1', 'a4 b1', false, 'exactly half of the weight'],
  ['a9 b1', 'a3 b1', true, 'every object is there, and most endpoints are gone'],
  ['a1 b1', 'c1 d1', true, 'others instead do not make up for it'],
])('%j to %j: %s (%s)', (before, after, suspicious) => {
  expect(isSuspicious(held(before), held(after))).toBe(suspicious);
});
