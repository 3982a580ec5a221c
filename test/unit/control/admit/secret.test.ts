import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { admit } from '../../../../src/control/sources/admit/admit.ts';
import type { Secret } from '../../../../src/model/objects.ts';

const cluster = { file: '', folder: false };
const CERTIFICATE = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
const KEY = '-----BEGIN PRIVATE KEY-----\nhush-hush\n-----END PRIVATE KEY-----\n';
const base64 = (text: string): string => Buffer.from(text).toString('base64');

const secret = (data: unknown, type: unknown = 'kubernetes.io/tls'): object => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { namespace: 'shop', name: 'web-tls', uid: 'u1', annotations: { copy: base64(KEY) } },
  type,
  data,
});
const whole = { 'tls.crt': base64(CERTIFICATE), 'tls.key': base64(KEY), 'ca.crt': 'unread' };

test('a Secret of a cluster gives its certificate and its key as bytes', () => {
  const { objects, refusals } = admit(secret(whole), cluster);
  expect(refusals).toEqual([]);
  const [found] = objects as Secret[];
  expect(found.meta).toMatchObject({ namespace: 'shop', name: 'web-tls', uid: 'u1', annotations: {} });
  expect(Buffer.from(found.certificate).toString()).toBe(CERTIFICATE);
  expect(Buffer.from(found.key.reveal()).toString()).toBe(KEY);
});

test('nothing that prints a Secret prints its key', () => {
  const { objects } = admit(secret(whole), cluster);
  const printed = [JSON.stringify(objects), inspect(objects, { depth: 9 }), `${(objects[0] as Secret).key}`];
  for (const text of printed) expect(text).toContain('[redacted]');
  for (const text of printed) expect(text).not.toMatch(/hush|PRIVATE/);
  expect(inspect(objects)).not.toContain(base64(KEY).slice(0, 30));
});

test.each([
  ['type', secret(whole, 'Opaque'), 'type'],
  ['key', secret({ 'tls.crt': base64(CERTIFICATE) }), 'data["tls.key"]'],
  ['key that is no text', secret({ ...whole, 'tls.key': { hush: 'hush' } }), 'data["tls.key"]'],
  ['key that is no PEM', secret({ ...whole, 'tls.key': 'aHVzaC1odXNo' }), 'data["tls.key"]'],
  ['certificate', secret({ 'tls.key': base64(KEY) }), 'data["tls.crt"]'],
  ['data', secret('hush-hush'), 'data["tls.crt"]'],
])('a Secret with the wrong %s is refused, and no word of it is quoted', (_, raw, field) => {
  const { objects, refusals } = admit(raw, cluster);
  expect(objects).toEqual([]);
  expect(refusals[0]).toMatchObject({ field, reason: 'SecretInvalid', object: { kind: 'Secret', name: 'web-tls' } });
  expect(JSON.stringify(refusals)).not.toMatch(/hush|aHVz/);
});

test('Secrets of a folder are passed over, whatever they hold', () => {
  expect(admit(secret('no object'), { file: 'a.yaml', folder: true })).toEqual({ objects: [], refusals: [] });
});
