import { describe, expect, test } from 'vitest';
import {
  ADDRESS_LIMIT,
  type StatusFacts,
  sameAddresses,
  settled,
  wantedAddresses,
} from '../../../../src/control/status/published-address.ts';

const [a, b, theirs] = [{ ip: '192.0.2.1' }, { ip: '192.0.2.2' }, { hostname: 'lb.example' }];

const wanted = (facts: Partial<StatusFacts>) =>
  wantedAddresses({
    ...{ current: [], isOurs: true, weWroteIt: false, published: [a] },
    wasPublished: (one) => one.ip === a.ip || one.ip === b.ip,
    ...facts,
  });

describe('of an Ingress that is ours', () => {
  test('the addresses that we publish', () => expect(wanted({})).toEqual([a]));
  test('nothing is to do where they stand', () => expect(wanted({ current: [a] })).toBeUndefined());
  test('old ones of ours are replaced, others stay', () =>
    expect(wanted({ current: [theirs, b] })).toEqual([theirs, a]));
  test('nothing is to do while nothing is known', () =>
    expect(wanted({ published: undefined, current: [b] })).toBeUndefined());
  test('none where we publish none', () => expect(wanted({ published: [], current: [a] })).toEqual([]));
  test('without memory a list that we wrote is ours', () =>
    expect(wanted({ current: [theirs, b], weWroteIt: true, wasPublished: undefined })).toEqual([a]));
  test('without memory a list of others stays', () =>
    expect(wanted({ current: [theirs, b], wasPublished: undefined })).toEqual([theirs, a, b]));
});

describe('of an Ingress that is not ours', () => {
  const foreign = { isOurs: false, weWroteIt: true };
  test('our entries go', () => expect(wanted({ ...foreign, current: [a, theirs, b] })).toEqual([theirs]));
  test('a list that another one wrote stays', () =>
    expect(wanted({ isOurs: false, weWroteIt: false, current: [a] })).toBeUndefined());
  test('a list without an entry of ours stays', () =>
    expect(wanted({ ...foreign, current: [theirs] })).toBeUndefined());
  test('without memory nothing is taken out', () =>
    expect(wanted({ ...foreign, current: [a], wasPublished: undefined })).toBeUndefined());
});

test('order and repetition make no difference', () => {
  expect(settled([theirs, b, a, b])).toEqual([theirs, a, b]);
  expect(sameAddresses([a, b], [b, a, a])).toBe(true);
  expect(sameAddresses([a], [a, b])).toBe(false);
  expect(sameAddresses([a, b], [a, theirs])).toBe(false);
  expect(sameAddresses([{ ip: '192.0.2.1', hostname: 'x' }], [a])).toBe(false);
});

test('of more addresses than a status should hold the first are published, always the same', () => {
  const many = Array.from({ length: 1_000 }, (_, index) => ({ ip: `192.0.${index >> 8}.${index & 255}` }));
  const published = settled(many);
  expect(published).toHaveLength(ADDRESS_LIMIT);
  expect(settled([...many].reverse())).toEqual(published);
  expect(wanted({ published, current: published, weWroteIt: true, wasPublished: () => true })).toBeUndefined();
});
