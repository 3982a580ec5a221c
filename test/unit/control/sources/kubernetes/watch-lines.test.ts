import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Setback } from '../../../../../src/control/sources/kubernetes/setback.ts';
import { WatchLines } from '../../../../../src/control/sources/kubernetes/watch-lines.ts';

test('lines are the same however their bytes are cut', () => {
  const line = fc.string({ unit: 'binary', minLength: 1 }).map((text) => text.replaceAll('\n', 'ü'));
  fc.assert(
    fc.property(fc.array(line), fc.array(fc.integer({ min: 1, max: 7 })), (lines, sizes) => {
      const bytes = Buffer.from(lines.map((text) => `${text}\n`).join(''));
      const cutter = new WatchLines();
      const found: string[] = [];
      for (let at = 0, i = 0; at < bytes.length; i++) {
        const size = sizes[i % sizes.length] ?? 3;
        for (const text of cutter.push(bytes.subarray(at, at + size))) found.push(text.toString());
        at += size;
      }
      expect(found).toEqual(lines.map((text) => Buffer.from(text).toString()));
      expect(cutter.open).toBe(0);
    }),
  );
});

test('empty lines are no lines, and what has no end is counted', () => {
  const lines = new WatchLines();
  expect([...lines.push(Buffer.from('\n\na\n\nbc'))].map(String)).toEqual(['a']);
  expect(lines.open).toBe(2);
});

test('a line that does not end is given up before it fills the memory', () => {
  const lines = new WatchLines(1000);
  expect([...lines.push(Buffer.alloc(1000, 'a'))]).toEqual([]);
  expect(() => [...lines.push(Buffer.from('a'))]).toThrow(Setback);
});
