import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { outcomeOf, outcomeText, readCase } from './read-case.ts';

/**
 * Each folder of `test/cases/translate` shows one behaviour, which is its name. `UPDATE_CASES=1` rewrites the
 * expectations, to be reviewed as a diff.
 */
const folder = join(import.meta.dirname, '..', '..', '..', 'cases', 'translate');
const names = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);

test('the cases are found', () => {
  expect(names.length).toBeGreaterThanOrEqual(45);
});

test.each(names)('%s', (name) => {
  const found = outcomeText(outcomeOf(readCase(readFileSync(join(folder, name, 'input.yaml'), 'utf8'))));
  const file = join(folder, name, 'expected.yaml');
  if (process.env.UPDATE_CASES === '1') writeFileSync(file, stringify(found, { lineWidth: 0 }));
  expect(existsSync(file), 'run once with UPDATE_CASES=1 and review what it writes').toBe(true);
  expect(found).toEqual(parse(readFileSync(file, 'utf8')));
});
