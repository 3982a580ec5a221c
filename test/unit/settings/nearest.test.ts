import { expect, test } from 'vitest';
import { didYouMean, nearest } from '../../../src/settings/nearest.ts';

test('the nearest name is the one with the fewest letters changed', () => {
  expect(nearest('srve', ['proxy', 'serve', 'check'])).toBe('serve');
  expect(nearest('HTTPPORT', ['httpPort', 'httpsPort'])).toBe('httpPort');
});

test('a name that resembles none means none', () => {
  expect(nearest('banana', ['serve', 'check'])).toBeUndefined();
  expect(nearest('k'.repeat(65_536), ['serve'])).toBeUndefined();
  expect(nearest('', ['serve'])).toBeUndefined();
});

test('the hint is empty where nothing is near', () => {
  expect(didYouMean('srve', ['serve'], '--')).toBe('; did you mean --serve?');
  expect(didYouMean('banana', ['serve'])).toBe('');
});
