import { expect, test } from 'vitest';
import type { HeldMap } from '../../../../../src/control/sources/kubernetes/held-objects.ts';
import { ListJudge } from '../../../../../src/control/sources/kubernetes/list-judge.ts';
import type { WholeList } from '../../../../../src/control/sources/kubernetes/whole-list.ts';

function objects(names: string): HeldMap<null> {
  const held = (name: string) => ({ name: { namespace: '', name }, uid: name, version: '1', item: null, weight: 1 });
  return new Map([...names].map((name) => [name, held(name)]));
}

const list = (names: string, { version = '10', flaw = undefined as string | undefined } = {}): WholeList<null> => ({
  ...{ objects: objects(names), version, flaw },
});

/** What becomes of one list after the other, while these are held. */
function judgements(held: string, lists: readonly WholeList<null>[], version = '10'): (string | undefined)[] {
  const judge = new ListJudge<null>();
  return lists.map((one) => judge.judge(one, objects(held), version));
}

const half = 'it takes away more than half';
const older = 'it is older than what was known';

test('a list without a sign of a mistake is believed', () => {
  expect(judgements('abcd', [list('abcd'), list('ab'), list('abcdefgh')])).toEqual([undefined, undefined, undefined]);
});

test('a shrink is believed when the next list says the same', () => {
  expect(judgements('abcd', [list('a'), list('a')])).toEqual([half, undefined]);
});

test('a shrink that the next list does not know was a mistake', () => {
  expect(judgements('abcd', [list(''), list('abcd'), list('')])).toEqual([half, undefined, half]);
});

test('two lists that shrink and differ are asked for a third', () => {
  expect(judgements('abcdefgh', [list('abc'), list(''), list('abc'), list('abc')])).toEqual([
    half,
    half,
    half,
    undefined,
  ]);
});

test('an older list is believed when the next one is older too', () => {
  const before = list('abcd', { version: '9' });
  expect(judgements('abcd', [before, before])).toEqual([older, undefined]);
  expect(judgements('abcd', [before, list('abcd')])).toEqual([older, undefined]);
});

test('lists that never fit themselves are believed in the end', () => {
  const flawed = list('abcd', { flaw: 'a page is missing' });
  const told = judgements('abcd', [flawed, flawed, flawed, flawed, flawed, flawed]);
  expect(told.map((one) => one === undefined)).toEqual([false, false, false, false, true, false]);
});
