import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { inputCounts } from './fuzzing.ts';

test('a run makes a million inputs at least, and every surface has its fuzzer and its corpus', () => {
  const surfaces = Object.keys(inputCounts).sort();
  const fuzzers = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.test.ts'));
  const kept = readdirSync(join(import.meta.dirname, 'corpus'));
  expect(Object.values(inputCounts).reduce<number>((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(1_000_000);
  expect(fuzzers).toEqual(expect.arrayContaining(surfaces.map((surface) => `${surface}.test.ts`)));
  expect(kept.sort()).toEqual(surfaces.map((surface) => `${surface}.jsonl`));
});
