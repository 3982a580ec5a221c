import type { Dice } from '../../src/base/dice.ts';
import { oneOf } from '../unit/data/http1/head-corpus.ts';

/** What people, programs and attackers write where something else belongs. */
const oddValues: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  80,
  65_535,
  65_536,
  2 ** 31,
  2 ** 53,
  1e300,
  '',
  ' ',
  '80',
  '/',
  '/a//b/../%2e',
  '/\u0000',
  '/é',
  'a.test',
  '*.a.test',
  '*.*.test',
  'A.TEST.',
  '[::1]',
  '10.0.0.1',
  '127.0.0.1:80',
  'Prefix',
  'Exact',
  'ImplementationSpecific',
  'komainu',
  'List',
  'Ingress',
  'Service',
  'v1',
  'networking.k8s.io/v1',
  '__proto__',
  'constructor',
  'x'.repeat(300),
  '\u001b[31m\u0000\u2028',
  '2020-01-01T00:00:00Z',
  '9999-99-99',
  [],
  [null],
  [[]],
  {},
  JSON.parse('{"__proto__":{"polluted":true}}'),
  { name: 'x', number: 80 },
];

const oddKeys = [
  '__proto__',
  'constructor',
  'toString',
  'spec',
  'metadata',
  'items',
  'kind',
  'x',
  '',
  'rules',
  'ports',
];

type Place = { readonly at: Record<string, unknown> | unknown[]; readonly key: string | number };

/** Every place in a value that holds a part of it. */
function placesOf(value: unknown, places: Place[] = []): Place[] {
  if (typeof value !== 'object' || value === null) return places;
  const at = value as Record<string, unknown> | unknown[];
  for (const key of Array.isArray(at) ? at.keys() : Object.keys(at)) {
    places.push({ at, key });
    placesOf((at as Record<string | number, unknown>)[key], places);
  }
  return places;
}

/** JSON alone; own keys such as `__proto__` stay own keys. */
const copyOf = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

const oddValue = (dice: Dice) => copyOf(oneOf(dice, oddValues));

const set = (at: Place['at'], key: string | number, value: unknown) =>
  Object.defineProperty(at, key, { value, writable: true, enumerable: true, configurable: true });

/** Parts go, double, change places, take over each other's or odd values. */
const wounds: readonly ((dice: Dice, place: Place, other: unknown) => void)[] = [
  (dice, { at, key }) => set(at, key, oddValue(dice)),
  (dice, { at, key }) => set(at, key, oddValue(dice)),
  (_, { at, key }) => void (Array.isArray(at) ? at.splice(key as number, 1) : delete at[key]),
  (_, { at, key }) => void (Array.isArray(at) && at.push(copyOf(at[key as number]))),
  (dice, { at }) => void (Array.isArray(at) || set(at, oneOf(dice, oddKeys), oddValue(dice))),
  (_, { at, key }) => set(at, key, [copyOf((at as Record<string | number, unknown>)[key])]),
  (dice, { at, key }, other) => {
    const lent = placesOf(other);
    if (lent.length === 0) return;
    const from = oneOf(dice, lent);
    set(at, key, copyOf((from.at as Record<string | number, unknown>)[from.key]));
  },
];

/** A copy of a JSON value with one to three wounds; `other` lends parts. */
export function woundedValue(dice: Dice, value: unknown, other: unknown): unknown {
  const copy = { whole: copyOf(value) };
  for (let count = 1 + dice.below(3); count > 0; count--) {
    oneOf(dice, wounds)(dice, oneOf(dice, placesOf(copy)), other);
    if (!('whole' in copy)) return null;
  }
  return copy.whole;
}
