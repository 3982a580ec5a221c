import { expect, test } from 'vitest';
import { eventBody, eventName, noteOf, seriesBody } from '../../../../src/control/events/event-body.ts';
import type { Refusal } from '../../../../src/model/refusal.ts';

const ref = { kind: 'Ingress', namespace: 'shop', name: 'web' };
const regarded = { uid: 'u-1', apiVersion: 'networking.k8s.io/v1' };
const reporter = { controller: 'komainu.dev/ingress-controller', instance: 'komainu-0' };
const refusal: Refusal = {
  ...{ file: '', object: ref, field: 'spec.rules[0].host', reason: 'ObjectInvalid' },
  message: 'must be a host name, not "a b"',
};

test('an Event says everything that kubectl describe shows', () => {
  expect(eventBody(ref, regarded, refusal, reporter, Date.UTC(2026, 0, 1))).toEqual({
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name: expect.stringMatching(/^web\.[0-9a-f]{16}$/), namespace: 'shop' },
    eventTime: '2026-01-01T00:00:00.000000Z',
    reportingController: 'komainu.dev/ingress-controller',
    reportingInstance: 'komainu-0',
    action: 'Admit',
    reason: 'ObjectInvalid',
    regarding: { uid: 'u-1', apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', namespace: 'shop', name: 'web' },
    note: 'spec.rules[0].host: must be a host name, not "a b"',
    type: 'Warning',
  });
});

test('that of a cluster-scoped object stands in the namespace default and regards no namespace', () => {
  const body = eventBody({ ...ref, namespace: '' }, regarded, refusal, reporter, 0);
  expect(body.metadata.namespace).toBe('default');
  expect(body.regarding).not.toHaveProperty('namespace');
});

test('what was found while routes were made is another action', () => {
  expect(eventBody(ref, regarded, { ...refusal, reason: 'ServiceMissing' }, reporter, 0).action).toBe('Compile');
});

test('the name is the same for the same refusal of the same object, and for no other', () => {
  const name = eventName(ref, regarded, refusal);
  expect(eventName(ref, regarded, { ...refusal })).toBe(name);
  const others = [
    eventName(ref, { ...regarded, uid: 'u-2' }, refusal),
    eventName(ref, regarded, { ...refusal, field: 'spec' }),
    eventName(ref, regarded, { ...refusal, reason: 'PathConflict' }),
    eventName(ref, regarded, { ...refusal, message: 'other' }),
  ];
  expect(new Set([name, ...others]).size).toBe(5);
});

test('names stay names, however long the object’s is', () => {
  const name = `${'a'.repeat(199)}-${'b'.repeat(53)}`;
  expect(eventName({ ...ref, name }, regarded, refusal)).toMatch(/^a{199}\.[0-9a-f]{16}$/);
});

test('names of reporters are cut to what the API server takes', () => {
  const long = { controller: 'c'.repeat(200), instance: 'i'.repeat(253) };
  const body = eventBody(ref, regarded, refusal, long, 0);
  expect([body.reportingController.length, body.reportingInstance.length]).toEqual([128, 128]);
});

test.each(['x', 'é', '€', '😀'])('a note of many %s is cut to 1024 bytes, and not within a character', (character) => {
  const note = noteOf({ ...refusal, field: '', message: character.repeat(990) });
  expect(Buffer.byteLength(note)).toBeLessThanOrEqual(1_024);
  expect(note).not.toContain('\ufffd');
  if (character !== 'x') expect(note.endsWith('…')).toBe(true);
});

test('a note is one line, whatever a stranger wrote', () => {
  expect(noteOf({ ...refusal, message: 'a\nb\u001b[31m' })).toBe('spec.rules[0].host: a\\u000ab\\u001b[31m');
});

test('a series counts from two', () => {
  expect(seriesBody(1, 0)).toEqual({ series: { count: 2, lastObservedTime: '1970-01-01T00:00:00.000000Z' } });
  expect(seriesBody(7, 0)).toMatchObject({ series: { count: 7 } });
});
