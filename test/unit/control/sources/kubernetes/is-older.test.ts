import { expect, test } from 'vitest';
import { isOlder } from '../../../../../src/control/sources/kubernetes/is-older.ts';

test.each([
  ['9', '10', true],
  ['10', '9', false],
  ['10', '10', false],
  ['99999999999999999998', '99999999999999999999', true],
  ['abc', '10', false],
  ['9', 'abc', false],
  ['', '10', false],
  ['010', '9', false],
])('%s is older than %s: %s', (version, than, older) => {
  expect(isOlder(version, than)).toBe(older);
});
