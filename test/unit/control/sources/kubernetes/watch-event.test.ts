import { expect, test } from 'vitest';
import { isRawObject, readWatchEvent } from '../../../../../src/control/sources/kubernetes/watch-event.ts';

const read = (value: unknown) => readWatchEvent(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)));
const metadata = { name: 'a', uid: 'u', resourceVersion: '1' };

test('objects and bookmarks are read', () => {
  expect(read({ type: 'ADDED', object: { metadata } })).toEqual({ type: 'ADDED', object: { metadata } });
  expect(read({ type: 'BOOKMARK', object: { metadata: { resourceVersion: '5' } } })).toEqual({
    type: 'BOOKMARK',
    version: '5',
  });
});

test.each([
  ['no json', 'no JSON'],
  ['null', 'unknown type'],
  ['"x"', 'unknown type'],
  [{ type: 'PURGED', object: { metadata } }, 'unknown type'],
  [{ type: 'BOOKMARK', object: {} }, 'bookmark without a version'],
  [{ type: 'BOOKMARK' }, 'bookmark without a version'],
  [{ type: 'ADDED' }, 'no name, uid or version'],
  [{ type: 'ERROR', object: { code: 410, message: 'old' } }, '410 old'],
])('%j ends the watch', (line, told) => {
  expect(() => read(line)).toThrow(told);
});

test.each([
  [{ metadata }, true],
  [{ metadata: { ...metadata, namespace: 'n' } }, true],
  [{ metadata: { ...metadata, namespace: 1 } }, false],
  [{ metadata: { ...metadata, name: '' } }, false],
  [{ metadata: { ...metadata, uid: undefined } }, false],
  [{ metadata: { ...metadata, resourceVersion: 5 } }, false],
  [{ metadata: null }, false],
  [null, false],
  ['text', false],
])('%j may be believed: %s', (value, good) => {
  expect(isRawObject(value)).toBe(good);
});
