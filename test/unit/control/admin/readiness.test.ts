import { expect, test } from 'vitest';
import { checkText, isReady, type ReadinessFacts, readinessChecks } from '../../../../src/control/admin/readiness.ts';
import type { KindFacts, SourceFacts } from '../../../../src/control/sources/kubernetes/source-facts.ts';

const well: ReadinessFacts = {
  generation: 3,
  shardCount: 2,
  servingCount: 2,
  steady: true,
  lateShards: [],
  stopping: false,
  source: undefined,
  writer: undefined,
};

const kind = (facts: Partial<KindFacts> = {}): KindFacts => ({
  ...{ kind: 'Ingress', required: true, state: 'watching', synced: true, objects: 1, lists: 1, watches: 1, errors: 0 },
  ...{ relistChanges: 0, lastError: undefined, lastHeardMs: 5, ...facts },
});

const cluster = (kinds: readonly KindFacts[], more: Partial<SourceFacts> = {}): Partial<ReadinessFacts> => ({
  source: {
    ...{ server: 'https://a.test', ready: true, fileWrittenAtMs: undefined, staleMs: 0, kinds, stateFile: undefined },
    ...more,
  },
});

const linesOf = (facts: Partial<ReadinessFacts>): string[] =>
  readinessChecks({ ...well, ...facts })
    .map(checkText)
    .filter((line) => line.includes('cluster'));

const failing = (facts: Partial<ReadinessFacts>): string[] =>
  readinessChecks({ ...well, ...facts }).flatMap((check) => (check.problem === undefined ? [] : [check.name]));

test('ready when something is published, every shard has served it, none is late and nobody said stop', () => {
  expect(isReady(readinessChecks(well))).toBe(true);
  expect(readinessChecks(well).map(checkText)).toEqual([
    '[+]routes ok',
    '[+]shards ok',
    '[+]heartbeat ok',
    '[+]stopping ok',
  ]);
});

test('each reason alone makes it not ready', () => {
  expect(failing({ generation: 0 })).toEqual(['routes']);
  expect(failing({ steady: false, servingCount: 1 })).toEqual(['shards']);
  expect(failing({ servingCount: 0 })).toEqual(['shards']);
  expect(failing({ lateShards: [1] })).toEqual(['heartbeat']);
  expect(failing({ stopping: true })).toEqual(['stopping']);
});

test('a shard that is replaced while others serve does not make it unready', () => {
  expect(failing({ servingCount: 1 })).toEqual([]);
});

test('a failed check says why', () => {
  const [, shards, heartbeat] = readinessChecks({ ...well, steady: false, servingCount: 1, lateShards: [0, 1] });
  expect(checkText(shards)).toBe('[-]shards failed: 1 of 2 serve');
  expect(checkText(heartbeat)).toBe('[-]heartbeat failed: late by 1 s or more: 0, 1');
});

test('before all of a cluster was read, each kind that is not there makes it not ready', () => {
  const unread = kind({ synced: false, state: 'listing' });
  const away = kind({ kind: 'Service', synced: false, state: 'waiting', lastError: 'refused' });
  const facts = cluster([unread, away, kind({ kind: 'EndpointSlice' })], { ready: false });
  expect(failing(facts)).toEqual(['cluster/Ingress', 'cluster/Service']);
  expect(linesOf(facts)).toEqual([
    '[-]cluster/Ingress failed: not listed yet',
    '[-]cluster/Service failed: the API server cannot be asked: refused',
    '[+]cluster/EndpointSlice ok',
  ]);
});

test('a kind that need not be there is named, and does not make it unready', () => {
  const absent = kind({ kind: 'IngressClass', required: false, synced: false, state: 'absent' });
  const forbidden = kind({ kind: 'Secret', required: false, state: 'forbidden', lastError: '403 no\nrule' });
  for (const ready of [false, true]) expect(failing(cluster([absent, forbidden], { ready }))).toEqual([]);
  expect(linesOf(cluster([absent, forbidden]))).toEqual([
    '[+]cluster ok',
    '[!]cluster/IngressClass warning: the API server does not know this kind',
    '[!]cluster/Secret warning: the API server lets us not read this kind: 403 no\\u000arule',
  ]);
});

test('once all was read, an API server that goes away is a warning', () => {
  const away = kind({ state: 'waiting', lastError: 'refused' });
  expect(failing(cluster([away], { staleMs: 61_000 }))).toEqual([]);
  expect(linesOf(cluster([away], { staleMs: 61_000 }))).toEqual([
    '[!]cluster warning: what is served is 61 s old',
    '[!]cluster/Ingress warning: the API server cannot be asked: refused',
  ]);
});

test('what comes from the state file is called so', () => {
  const [line] = linesOf(cluster([], { staleMs: 5_000, fileWrittenAtMs: Date.UTC(2026, 0, 1) }));
  expect(line).toContain('[!]cluster warning: what is served is 5 s old: the state file of 2026-01-01T00:00:00.000Z');
});

test('who writes to the cluster is told, and is no reason to be unready', () => {
  const leader = { identity: 'a', leads: true, holder: 'a', transitions: 3, lastError: undefined };
  const status = { addresses: [{ ip: '192.0.2.1' }], writes: 0, refused: 0, waiting: 0 };
  const lines = (writer: ReadinessFacts['writer']): string[] => {
    const checks = readinessChecks({ ...well, writer });
    expect(isReady(checks)).toBe(true);
    return checks.slice(4).map(checkText);
  };
  const events = undefined;
  expect(lines({ leader, status, events })).toEqual(['[+]leader ok: this process leads', '[+]status ok']);
  expect(lines({ leader: { ...leader, leads: false, holder: 'b' }, status, events })).toEqual([
    '[+]leader ok: b leads',
  ]);
  expect(lines({ leader: { ...leader, leads: false, holder: '' }, status, events })).toEqual([
    '[+]leader ok: nobody leads',
  ]);
  expect(lines({ leader: { ...leader, lastError: 'GET: 403' }, status: undefined, events })).toEqual([
    '[!]leader warning: GET: 403',
  ]);
  expect(lines({ leader, status: { ...status, addresses: undefined }, events })).toEqual([
    '[+]leader ok: this process leads',
    '[!]status warning: no address is known that could be published',
  ]);
});
