import { expect, test } from 'vitest';
import * as names from '../../../../src/data/http1/header-names.ts';

const kind = (name: string) => names.kindOf(Buffer.from(`(${name}(`), 1, name.length + 1);

test.each([
  ['host', names.HOST],
  ['content-length', names.CONTENT_LENGTH],
  ['transfer-encoding', names.TRANSFER_ENCODING],
  ['connection', names.CONNECTION],
  ['keep-alive', names.KEEP_ALIVE],
  ['upgrade', names.UPGRADE],
  ['te', names.TE],
  ['expect', names.EXPECT],
  ['proxy-connection', names.HOP_BY_HOP],
  ['trailer', names.TRAILER],
  ['via', names.VIA],
  ['date', names.DATE],
  ['x-real-ip', names.OURS],
  ['forwarded', names.OURS],
  ['proxy', names.OURS],
  ['x-forwarded-for', names.OURS],
  ['x-forwarded-proto', names.OURS],
  ['x-forwarded-host', names.OURS],
  ['x-forwarded-port', names.OURS],
  ['x-forwarded-server', names.OURS],
])('%s is known in any letter case, and only whole', (name, expected) => {
  expect(kind(name)).toBe(expected);
  expect(kind(name.toUpperCase())).toBe(expected);
  if (!name.startsWith('x-forwarded')) expect(kind(`${name}s`)).toBe(names.PLAIN);
});

test('an underscore counts as a hyphen only in names that are ours', () => {
  expect(kind('x_forwarded_for')).toBe(names.OURS);
  expect(kind('X_Real-IP')).toBe(names.OURS);
  expect(kind('content_length')).toBe(names.PLAIN);
  expect(kind('transfer_encoding')).toBe(names.PLAIN);
});

test('whatever begins with x-forwarded- is ours, however long', () => {
  for (const size of [1, 18, 19, 20, 21, 500]) expect(kind(`x-forwarded-${'y'.repeat(size)}`)).toBe(names.OURS);
  expect(kind('x-forwarded-')).toBe(names.PLAIN);
});

test('usual names are plain ones', () => {
  const usual = 'accept user-agent cookie referer origin content-type connectios hxst te- 4e x-request-id __proto__';
  for (const name of usual.split(' ')) expect(kind(name), name).toBe(names.PLAIN);
});
