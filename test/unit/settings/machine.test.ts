import { expect, test } from 'vitest';
import { softFileLimit, thisMachine } from '../../../src/settings/machine.ts';

test('the soft limit is the first number of the line', () => {
  const limits =
    'Limit                     Soft Limit           Hard Limit           Units     \nMax open files            1024                 524288               files     \n';
  expect(softFileLimit(limits)).toBe(1024);
});

test('no limit, or none that can be read, is infinite', () => {
  expect(softFileLimit('Max open files            unlimited            unlimited            files\n')).toBe(
    Number.POSITIVE_INFINITY,
  );
  expect(softFileLimit('')).toBe(Number.POSITIVE_INFINITY);
});

test('this machine has at least a core and a few files', () => {
  const machine = thisMachine();
  expect(machine.cores).toBeGreaterThanOrEqual(1);
  expect(machine.fileLimit).toBeGreaterThan(10);
});
