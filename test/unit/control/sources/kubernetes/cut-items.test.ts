import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ItemCutter } from '../../../../../src/control/sources/kubernetes/cut-items.ts';
import { Setback } from '../../../../../src/control/sources/kubernetes/setback.ts';

function cut(bytes: Buffer, size: number): { readonly items: unknown[]; readonly rest: unknown } {
  const cutter = new ItemCutter();
  const items: unknown[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    for (const item of cutter.push(bytes.subarray(at, at + size))) items.push(JSON.parse(item.toString()));
  }
  return { items, rest: cutter.end() };
}

const object = fc.dictionary(fc.string(), fc.jsonValue());
const list = fc.record({
  kind: fc.string(),
  metadata: fc.record({ resourceVersion: fc.string(), continue: fc.string(), items: fc.jsonValue() }),
  items: fc.array(object),
  more: fc.jsonValue(),
});

test('any list gives its objects and its rest, however its bytes are cut and written', () => {
  fc.assert(
    fc.property(list, fc.integer({ min: 1, max: 50 }), fc.integer({ min: 0, max: 2 }), (value, size, indent) => {
      const { items, rest } = cut(Buffer.from(JSON.stringify(value, undefined, indent)), size);
      expect(items).toEqual(JSON.parse(JSON.stringify(value.items)));
      expect(rest).toEqual(JSON.parse(JSON.stringify({ ...value, items: [] })));
    }),
    { numRuns: 500 },
  );
});

test('an empty list may also have null for its objects', () => {
  expect(cut(Buffer.from('{"items":null,"metadata":{}}'), 5)).toEqual({
    items: [],
    rest: { items: null, metadata: {} },
  });
});

test.each(['{"items":[{"a":1}', '{"items":[{"a":1}]', '{"items":[1,2]}x', 'no JSON', ''])(
  'what is cut short or no JSON is refused: %s',
  (text) => {
    expect(() => cut(Buffer.from(text), 4)).toThrow(Setback);
  },
);

test('objects that do not end, and lists of other things, are given up before they fill the memory', () => {
  const piece = Buffer.alloc(1 << 20, ' ');
  const pour = (start: string): void => {
    const cutter = new ItemCutter();
    for (const part of [Buffer.from(start), ...Array.from({ length: 20 }, () => piece)])
      for (const _ of cutter.push(part));
  };
  expect(() => pour('{"items":[{"a":"')).toThrow('an object of a list does not end');
  expect(() => pour('{"a":"')).toThrow('a list has more than its objects');
});
