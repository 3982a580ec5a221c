import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Clock } from '../../../../../src/base/clock.ts';
import { resources } from '../../../../../src/control/cluster/resources.ts';
import { type FakeApi, type FakeRequest, startFakeApi } from '../../../../support/fake-api/fake-api.ts';
import { passTime, untilLater } from '../../../../support/fake-api/pass-time.ts';
import { middlingDice, type Reflection, reflect } from '../../../../support/fake-api/reflection.ts';
import { HandClock } from '../../../../support/hand-clock.ts';
import { waitUntil } from '../../../../support/wait-until.ts';

const service = (name: string, more: object = {}) => ({ kind: 'Service', metadata: { name, ...more } });

const fill = (fake: FakeApi, count: number): void => {
  for (let i = 0; i < count; i++) fake.put(service(`s${i}`));
};

const isWatching = (fake: FakeApi, reflection: Reflection): boolean =>
  fake.watches.size === 1 && reflection.reflector.report().state === 'watching';

const watching = (fake: FakeApi, reflection: Reflection): Promise<true> =>
  waitUntil('the watch', () => isWatching(fake, reflection), { state: () => reflection.reflector.report() });

/** Milliseconds between one request and the next. */
const gaps = (requests: readonly FakeRequest[]): number[] =>
  requests.slice(1).map(({ at }, i) => at - (requests[i] as FakeRequest).at);

/** Pages of lists, without the looks at the server's version (a page of one object). */
const pages = (fake: FakeApi): FakeRequest[] =>
  fake.requests.filter(({ verb, query }) => verb === 'list' && query.get('limit') !== '1');

const watches = (fake: FakeApi): FakeRequest[] => fake.requests.filter(({ verb }) => verb === 'watch');

test('what is there is listed, and what changes afterwards is told', async () => {
  await using fake = await startFakeApi();
  fake.put(service('a'));
  await using reflection = await reflect({ fake });
  await reflection.reflector.synced;
  expect([...reflection.seen.keys()]).toEqual(['default/a']);
  await watching(fake, reflection);
  fake.put(service('b'));
  fake.put(service('a', { labels: { x: '1' } }));
  fake.remove('Service', 'b');
  await waitUntil('the change', () => reflection.isTrue());
  expect(reflection.reflector.report()).toMatchObject({
    ...{ state: 'watching', synced: true, objects: 1, lists: 1, watches: 1, errors: 0, lastError: undefined },
  });
});

// Rule 1: pages, and only what is kept of an object.

test('a list of many pages is taken as one', async () => {
  await using fake = await startFakeApi();
  fill(fake, 95);
  await using reflection = await reflect({ fake, more: { pageLimit: 10 } });
  await reflection.reflector.synced;
  expect(reflection.isTrue()).toBe(true);
  expect(reflection.deltas.length).toBe(1);
  expect(pages(fake).length).toBe(10);
  expect(fake.requests[0].query.toString()).toBe('limit=10');
});

test('without a number a page has 500 objects', async () => {
  await using fake = await startFakeApi();
  await using reflection = await reflect({ fake });
  await reflection.reflector.synced;
  expect(fake.requests[0].query.get('limit')).toBe('500');
});

test('a list that becomes too old in the middle is begun again at once', async () => {
  await using fake = await startFakeApi();
  fill(fake, 30);
  fake.fault({ on: 'list', times: 1, misdeed: { do: 'lie', objects: (truth) => truth } });
  fake.fault({ on: 'list', times: 1, misdeed: { do: 'answer', status: 410 } });
  await using reflection = await reflect({ fake, more: { pageLimit: 10 } });
  await reflection.reflector.synced;
  expect(reflection.isTrue()).toBe(true);
  expect(pages(fake).length).toBe(5);
  expect(reflection.log.lines).toEqual([]);
});

test('objects that are not kept are left out, and go when they are not kept any more', async () => {
  await using fake = await startFakeApi();
  fake.put(service('a'));
  fake.put(service('b', { labels: { skip: 'yes' } }));
  const names: string[] = [];
  const keep = ({ metadata }: { metadata: { name: string; labels?: { skip?: string } } }): undefined => {
    names.push(metadata.name);
    return undefined;
  };
  await using reflection = await reflect({ fake, more: { keep: keep as never } });
  await reflection.reflector.synced;
  expect(names.sort()).toEqual(['a', 'b']);
  expect(reflection.deltas).toEqual([{ put: [], remove: [] }]);
});

test('an object that cannot be read harms only itself', async () => {
  await using fake = await startFakeApi();
  fake.put(service('a'));
  fake.put(service('b'));
  const keep = ({ metadata }: { metadata: { name: string } }): string => {
    if (metadata.name === 'a') throw new Error('unreadable');
    return metadata.name;
  };
  await using reflection = await reflect({ fake, more: { keep: keep as never, weigh: () => 1 } });
  await reflection.reflector.synced;
  expect(reflection.deltas[0].put).toEqual(['b']);
  expect(reflection.log.of('an object of the cluster cannot be read')[0].fields).toMatchObject({
    kind: 'Service',
    name: 'a',
  });
});

test('objects of lists are given their kind and version, which the server leaves out there', async () => {
  await using fake = await startFakeApi();
  fake.put(service('a'));
  const kinds: unknown[] = [];
  const keep = ({ kind, apiVersion }: { kind?: string; apiVersion?: string }): undefined => {
    kinds.push([apiVersion, kind]);
    return undefined;
  };
  await using reflection = await reflect({ fake, more: { keep: keep as never } });
  await reflection.reflector.synced;
  expect(kinds).toEqual([['v1', 'Service']]);
});

test('a namespace and selectors are asked for in lists and watches', async () => {
  await using fake = await startFakeApi();
  fake.put(service('a', { namespace: 'shop', labels: { app: 'x' } }));
  fake.put(service('b', { namespace: 'shop' }));
  fake.put(service('c', { namespace: 'other', labels: { app: 'x' } }));
  const more = { namespace: 'shop', labelSelector: 'app=x', fieldSelector: 'metadata.name!=z' };
  await using reflection = await reflect({ fake, more });
  await watching(fake, reflection);
  expect([...reflection.seen.keys()]).toEqual(['shop/a']);
  fake.put(service('b', { namespace: 'shop', labels: { app: 'x' } }));
  fake.put(service('a', { namespace: 'shop' }));
  await waitUntil('the exchange', () => [...reflection.seen.keys()].join() === 'shop/b');
  for (const { path, query } of fake.requests) {
    expect(path).toBe('/api/v1/namespaces/shop/services');
    expect([query.get('labelSelector'), query.get('fieldSelector')]).toEqual(['app=x', 'metadata.name!=z']);
  }
});

// Rule 2: replaced in one piece; only what is different is told.

test('a second list tells only what is different: another version, another uid, gone', async () => {
  await using fake = await startFakeApi();
  for (const name of ['same', 'changed', 'again', 'gone']) fake.put(service(name));
  await using reflection = await reflect({ fake });
  await watching(fake, reflection);
  const same = reflection.seen.get('default/same');
  fake.deafenWatches();
  fake.put(service('changed', { labels: { x: '1' } }));
  fake.remove('Service', 'again');
  fake.put(service('again'));
  fake.remove('Service', 'gone');
  fake.expire({ tellWatches: false });
  for (const watch of fake.watches) watch.expire();
  await waitUntil('the second list', () => reflection.deltas.length === 2);
  expect(reflection.deltas[1].put.map(({ key }) => key).sort()).toEqual(['default/again', 'default/changed']);
  expect(reflection.deltas[1].remove).toEqual([{ namespace: 'default', name: 'gone' }]);
  expect(reflection.seen.get('default/same')).toBe(same);
});

test('nothing of a list counts before its last page is there', async () => {
  await using fake = await startFakeApi();
  fill(fake, 30);
  fake.fault({ on: 'list', times: 2, misdeed: { do: 'lie', objects: (truth) => truth } });
  fake.fault({ on: 'list', times: 1, misdeed: { do: 'hang' } });
  await using reflection = await reflect({ fake, more: { pageLimit: 10 } });
  await waitUntil('the third page is asked for', () => pages(fake).length === 3);
  expect(reflection.deltas).toEqual([]);
  expect(reflection.reflector.report()).toMatchObject({ synced: false, objects: 0, state: 'listing' });
});

// Rule 3: bookmarks, versions, the time of a watch.

test('a watch begins where the list was, asks for bookmarks and says when it ends', async () => {
  await using fake = await startFakeApi();
  fill(fake, 3);
  await using reflection = await reflect({ fake });
  await watching(fake, reflection);
  const { query } = fake.requests[1];
  expect(query.get('resourceVersion')).toBe('1003');
  expect(query.get('allowWatchBookmarks')).toBe('true');
  expect(Number(query.get('timeoutSeconds'))).toBe(300); // the middle of 240 to 360
});

test('after events and bookmarks the next watch begins where they were', async () => {
  await using fake = await startFakeApi();
  await using reflection = await reflect({ fake });
  await watching(fake, reflection);
  fake.put(service('a'));
  await waitUntil('the event', () => reflection.seen.size === 1);
  fake.cutWatches();
  await waitUntil('the second watch', () => fake.count('watch') === 2);
  expect(fake.requests.at(-1)?.query.get('resourceVersion')).toBe('1001');
  await watching(fake, reflection);
  fake.put({ kind: 'Namespace', metadata: { name: 'n' } });
  const [watch] = fake.watches;
  watch.bookmark();
  watch.end();
  await waitUntil('the third watch', () => fake.count('watch') === 3);
  expect(fake.requests.at(-1)?.query.get('resourceVersion')).toBe('1002');
  expect(pages(fake).length).toBe(1);
});

// Rule 4: a watch that is open and dead.

test('a watch that is silent for longer than it may be is closed and opened again', async () => {
  const clock = new HandClock();
  await using fake = await startFakeApi({ clock });
  await using reflection = await reflect({ fake, clock });
  await watching(fake, reflection);
  fake.deafenWatches();
  fake.put(service('a'));
  await passTime(clock, 329_000);
  expect(fake.count('watch')).toBe(1);
  await untilLater('the second watch', clock, () => fake.count('watch') === 2 && reflection.isTrue());
  expect(reflection.reflector.report()).toMatchObject({ lists: 1, errors: 1 });
  expect(fake.mostConnections).toBeLessThanOrEqual(2);
  await waitUntil('the dead connection is closed', () => fake.openConnections === 1);
});

test('bookmarks keep a quiet watch alive until the server ends it', async () => {
  const clock = new HandClock();
  await using fake = await startFakeApi({ clock });
  await using reflection = await reflect({ fake, clock });
  await watching(fake, reflection);
  await passTime(clock, 3 * 300_000);
  expect(reflection.reflector.report()).toMatchObject({ state: 'watching', errors: 0, lists: 1 });
  expect(reflection.reflector.report().lastHeardMs).toBeLessThanOrEqual(61_000);
  expect(fake.count('watch')).toBeGreaterThanOrEqual(3);
});

// Rule 5: lines.

test('a line that is no JSON ends the watch, is told, and everything is listed again', async () => {
  const clock = new HandClock();
  await using fake = await startFakeApi({ clock });
  fake.put(service('a'));
  await using reflection = await reflect({ fake, clock });
  await watching(fake, reflection);
  fake.say('{"type":"ADDED","obj\n');
  fake.put(service('b'));
  await untilLater('the truth', clock, () => reflection.isTrue() && reflection.reflector.report().lists === 2);
  const [line] = reflection.log.of('the cluster cannot be followed, what is known stays');
  expect(line.fields).toMatchObject({ kind: 'Service', error: 'a line of the watch is no JSON' });
});

test.each([
  ['another kind', 'ConfigMap', 'default'],
  ['another namespace', 'Service', 'other'],
])('an event of %s changes nothing, and everything is listed again', async (_what, kind, namespace) => {
  const clock = new HandClock();
  await using fake = await startFakeApi({ clock });
  fake.put(service('a'));
  await using reflection = await reflect({ fake, clock, more: { namespace: 'default' } });
  await watching(fake, reflection);
  const metadata = { name: 'a', namespace, uid: 'x', resourceVersion: '9999' };
  fake.say(`${JSON.stringify({ type: 'MODIFIED', object: { kind, metadata } })}\n`);
  await untilLater('the second list', clock, () => reflection.reflector.report().lists === 2);
  expect(reflection.isTrue()).toBe(true);
  expect(reflection.deltas.length).toBe(1);
});

test('an item of a list of another namespace is not taken', async () => {
  const clock = new HandClock();
  await using fake = await startFakeApi({ clock });
  const items = [{ metadata: { name: 'a', namespace: 'other', uid: 'x', resourceVersion: '5' } }];
  const bytes = JSON.stringify({ metadata: { resourceVersion: '1000' }, items });
  fake.fault({ on: 'list', times: 1, misdeed: { do: 'say', bytes } });
  await using reflection = await reflect({ fake, clock, more: { namespace: 'default' } });
  await untilLater('the second list', clock, () => reflection.reflector.report().synced);
  expect(reflection.seen.size).toBe(0);
  expect(reflection.log.lines[0].fields).toMatchObject({ error: expect.stringContaining('another kind or namespace') });
});

test('a line cut in the middle by the server’s end is a failed watch, not an event', async () => {
  const clock = new HandClock();
  await using fake = await startFakeApi({ clock });
  await using reflection = await reflect({ fake, clock });
  await watching(fake, reflection);
  fake.say('{"type":"ADDED"');
  for (const watch of fake.watches) watch.end();
  fake.put(service('b'));
  await untilLater('the truth', clock, () => reflection.isTrue() && isWatching(fake, reflection));
  expect(reflection.reflector.report()).toMatchObject({ lists: 1, errors: 1 });
});

// Rule 6: errors and back-off.

test('410 in the stream: the version is forgotten and everything listed again at once', async () => {
  const clock = new HandClock();
  await using fake = await startFakeApi({ clock });
  await using reflection = await reflect({ fake, clock });
  await watching(fake, reflection);
  fake.expire();
  fake.put(service('a'));
  await waitUntil('the truth', () => reflection.isTrue() && pages(fake).length === 2);
  expect(reflection.log.lines).toEqual([]);
});

test('410 as the answer to a watch: the same', async () => {
  const clock = new HandClock();
  await using fake = await startFakeApi({ clock });
  await using reflection = await reflect({ fake, clock });
  await watching(fake, reflection);
  fake.fault({ on: 'watch', times: 1, misdeed: { do: 'answer', status: 410 } });
  for (const watch of fake.watches) watch.end();
  await untilLater('the second list', clock, () => pages(fake).length === 2 && isWatching(fake, reflection));
});

test('410 again and again is backed off from, like any other trouble', async () => {
  const clock = new HandClock();
  await using fake = await startFakeApi({ clock });
  fake.fault({ on: 'list', misdeed: { do: 'answer', status: 410 } });
  await using reflection = await reflect({ fake, clock });
  await waitUntil('the second try, at once', () => pages(fake).length === 2);
  await untilLater('six tries', clock, () => pages(fake).length >= 6);
  for (const [i, ms] of [500, 1000, 2000, 4000].entries()) expect(gaps(pages(fake))[i + 1]).toBeGreaterThanOrEqual(ms);
  expect(reflection.reflector.report()).toMatchObject({ state: 'waiting', synced: false });
});

test('another ERROR event keeps the version', async () => {
  const clock = new HandClock();
  await using fake = await startFakeApi({ clock });
  await using reflection = await reflect({ fake, clock });
  await watching(fake, reflection);
  const [watch] = fake.watches;
  watch.event('ERROR', { kind: 'Status', code: 500, message: 'etcd is away' });
  watch.end();
  fake.put(service('a'));
  await untilLater('the truth', clock, () => reflection.isTrue());
  expect(pages(fake).length).toBe(1);
  expect(fake.requests.at(-1)?.query.get('resourceVersion')).toBe('1000');
});

test('where no watch ever brings anything, the list is read again and again', async () => {
  const clock = new HandClock();
  await using fake = await startFakeApi({ clock });
  await using reflection = await reflect({ fake, clock });
  await watching(fake, reflection);
  const error = `${JSON.stringify({ type: 'ERROR', object: { code: 500, message: 'no' } })}\n`;
  fake.fault({ on: 'watch', misdeed: { do: 'say', bytes: error } });
  fake.cutWatches();
  fake.put(service('a'));
  await untilLater('the truth', clock, () => reflection.isTrue());
  expect(fake.count('watch')).toBeGreaterThanOrEqual(4);
  fake.put(service('b'));
  await untilLater('the truth again', clock, () => reflection.isTrue());
  expect(reflection.reflector.report().state).toBe('waiting');
});

test('while the server is away the tries become rare, up to 30 s, and one line is logged, and one when it is back', async () => {
  const clock = new HandClock();
  await using fake = await startFakeApi({ clock });
  fake.put(service('a'));
  await using reflection = await reflect({ fake, clock });
  await watching(fake, reflection);
  fake.fault({ on: 'any', misdeed: { do: 'answer', status: 503 } });
  fake.cutWatches();
  const before = fake.requests.length;
  await untilLater('ten tries', clock, () => fake.requests.length >= before + 10);
  for (const [i, ms] of gaps(fake.requests.slice(before)).slice(0, 8).entries()) {
    expect(ms).toBeGreaterThanOrEqual(Math.min(30_000, 500 * 2 ** i));
  }
  expect(reflection.reflector.report()).toMatchObject({
    state: 'waiting',
    synced: true,
    objects: 1,
    lastError: '503 as the test asked',
  });
  expect(reflection.log.lines.length).toBe(1);
  fake.faults.clear();
  fake.put(service('b'));
  await untilLater('the truth', clock, () => reflection.isTrue());
  expect(reflection.log.lines.map(({ message }) => message)).toEqual([
    'the cluster cannot be followed, what is known stays',
    'the cluster is followed again',
  ]);
  expect(reflection.reflector.report()).toMatchObject({ state: 'watching', lastError: undefined, lists: 1 });
});

test('Retry-After is waited for', async () => {
  const clock = new HandClock();
  await using fake = await startFakeApi({ clock });
  fake.fault({ on: 'list', times: 3, misdeed: { do: 'answer', status: 429, retryAfterSeconds: 20 } });
  await using reflection = await reflect({ fake, clock });
  await untilLater('the list', clock, () => reflection.reflector.report().synced);
  for (const ms of gaps(pages(fake)).slice(0, 3)) expect(ms).toBeGreaterThanOrEqual(20_000);
});

test('a watch that opens and fails does not reset the back-off; one that is quiet for 10 s does', async () => {
  const clock = new HandClock();
  await using fake = await startFakeApi({ clock });
  await using reflection = await reflect({ fake, clock });
  await watching(fake, reflection);
  const error = `${JSON.stringify({ type: 'ERROR', object: { code: 500, message: 'no' } })}\n`;
  fake.fault({ on: 'watch', times: 6, misdeed: { do: 'say', bytes: error } });
  fake.cutWatches();
  await untilLater('seven more watches', clock, () => fake.count('watch') >= 8);
  expect(gaps(watches(fake)).at(-1)).toBeGreaterThanOrEqual(30_000);
  expect(reflection.reflector.report().lastError).toBe('500 no');
  await watching(fake, reflection);
  await passTime(clock, 10_000);
  expect(reflection.reflector.report().lastError).toBe(undefined);
  const { errors } = reflection.reflector.report();
  fake.cutWatches();
  await waitUntil('trouble', () => reflection.reflector.report().errors === errors + 1);
  await passTime(clock, 600, 100);
  await watching(fake, reflection);
});

test('a version from the future, as after a restore, leads to a new list', async () => {
  const clock = new HandClock();
  await using fake = await startFakeApi({ clock });
  fill(fake, 4);
  const backup = fake.backup();
  await using reflection = await reflect({ fake, clock });
  await watching(fake, reflection);
  fake.put(service('later'));
  await waitUntil('the event', () => reflection.seen.size === 5);
  fake.restore(backup);
  await untilLater('the truth', clock, () => reflection.isTrue() && isWatching(fake, reflection));
  expect(reflection.log.of('a list of the cluster is not believed at once')[0].fields).toMatchObject({
    doubt: 'it is older than what was known',
  });
});

// Rule 7: an orderly end.

test('a watch that the server ends is opened again at once, from the same version', async () => {
  await using fake = await startFakeApi();
  await using reflection = await reflect({ fake });
  await watching(fake, reflection);
  fake.put(service('a'));
  await waitUntil('the event', () => reflection.seen.size === 1);
  const [watch] = fake.watches;
  watch.end();
  await waitUntil('the second watch', () => fake.count('watch') === 2, { deadlineMs: 5000 });
  expect(fake.requests.at(-1)?.query.get('resourceVersion')).toBe('1001');
  expect(reflection.reflector.report()).toMatchObject({ errors: 0, lists: 1 });
});

test('a server that ends every watch at once is not asked a thousand times', async () => {
  const clock = new HandClock();
  await using fake = await startFakeApi({ clock });
  fake.fault({ on: 'watch', misdeed: { do: 'say', bytes: '' } });
  await using reflection = await reflect({ fake, clock });
  await reflection.reflector.synced;
  await passTime(clock, 60_000);
  expect(fake.count('watch')).toBeLessThan(10);
});

// Rule 8: the sink.

test('a sink that throws is asked again, and loses nothing', async () => {
  const clock = new HandClock();
  await using fake = await startFakeApi({ clock });
  fake.put(service('a'));
  const seen = new Set<string>();
  let refuses = true;
  const apply = ({ put }: { put: readonly { key: string }[] }): void => {
    if (refuses) throw new Error('not now');
    for (const { key } of put) seen.add(key);
  };
  await using reflection = await reflect({ fake, clock, more: { sink: { apply } } });
  await watching(fake, reflection);
  expect(reflection.reflector.report().synced).toBe(false);
  fake.put(service('b'));
  await waitUntil('a second refusal', () => reflection.log.lines.length === 2);
  refuses = false;
  await untilLater('both', clock, () => seen.size === 2);
  expect(reflection.reflector.report().synced).toBe(true);
  await reflection.reflector.synced;
});

test('changes that come together are told together, each object once', async () => {
  await using fake = await startFakeApi();
  await using reflection = await reflect({ fake });
  await watching(fake, reflection);
  const [watch] = fake.watches;
  const lines = Array.from({ length: 50 }, (_, i) => {
    const object = { metadata: { name: 'a', uid: 'u', resourceVersion: String(2000 + i) } };
    return `${JSON.stringify({ type: 'MODIFIED', object })}\n`;
  });
  watch.say(lines.join(''));
  await waitUntil('the last', () => reflection.seen.get('/a')?.version === '2049');
  expect(reflection.deltas.length).toBe(2);
  expect(reflection.deltas[1].put.length).toBe(1);
});

// Rule 9: stop.

test.each<[string, (fake: FakeApi, clock: HandClock) => Promise<void> | void]>([
  ['before anything', () => {}],
  ['while a list hangs', (fake) => fake.fault({ on: 'list', misdeed: { do: 'hang' } })],
  ['in the middle of a list', (fake) => fake.fault({ on: 'list', misdeed: { do: 'drip', bytes: 1, everyMs: 1000 } })],
  ['while it waits after trouble', (fake) => fake.fault({ on: 'any', misdeed: { do: 'answer', status: 500 } })],
  ['while a watch is asked for', (fake) => fake.fault({ on: 'watch', misdeed: { do: 'hang' } })],
  ['while it watches', () => {}],
  ['while the server is away', (fake) => fake.down()],
  ['while it doubts a list', (fake) => fake.fault({ on: 'list', misdeed: { do: 'skip-page' } })],
])('stop %s ends everything, without an error, and nothing is asked afterwards', async (_when, arrange) => {
  const clock = new HandClock();
  await using fake = await startFakeApi({ clock });
  fill(fake, 6);
  await using reflection = await reflect({ fake, clock, more: { pageLimit: 2 } });
  await arrange(fake, clock);
  if (_when !== 'before anything') await passTime(clock, 20, 1);
  await reflection.reflector.stop();
  const asked = fake.requests.length;
  const told = reflection.deltas.length;
  fake.faults.clear();
  fake.put(service('late'));
  await passTime(clock, 60_000);
  expect(fake.requests.length).toBe(asked);
  expect(reflection.deltas.length).toBe(told);
  expect(reflection.reflector.report().state).toBe('stopped');
  expect(reflection.log.lines.filter(({ level }) => level === 'error')).toEqual([]);
  await waitUntil('no watch', () => fake.watches.size === 0);
});

// Rule 10: the safety net.

test('every few hours the whole list is read at the version where we stand, and must find nothing', async () => {
  const clock = new HandClock();
  await using fake = await startFakeApi({ clock });
  fill(fake, 3);
  await using reflection = await reflect({ fake, clock });
  await watching(fake, reflection);
  await passTime(clock, 2 * 3_600_000, 10_000);
  expect(pages(fake).length).toBe(1);
  for (let hours = 2; hours < 6 && pages(fake).length === 1; hours++) await passTime(clock, 3_600_000, 10_000);
  await untilLater('a second list', clock, () => pages(fake).length === 2);
  expect(clock.now()).toBeLessThan(6.5 * 3_600_000);
  const { query } = pages(fake)[1];
  expect([query.get('resourceVersion'), query.get('resourceVersionMatch')]).toEqual(['1003', 'Exact']);
  await watching(fake, reflection);
  expect(reflection.reflector.report()).toMatchObject({ relistChanges: 0, lists: 2 });
});

test('what watching has missed is mended by the whole list, counted and told', async () => {
  const clock = new HandClock();
  await using fake = await startFakeApi({ clock });
  fill(fake, 5);
  await using reflection = await reflect({ fake, clock, more: { relistMs: 5000 } });
  await watching(fake, reflection);
  const [watch] = fake.watches;
  watch.deafen();
  fake.remove('Service', 's1');
  fake.put(service('s2', { labels: { x: '1' } }));
  fake.put({ kind: 'Namespace', metadata: { name: 'n' } });
  watch.bookmark();
  await passTime(clock, 10_000);
  watch.end();
  await untilLater('the truth', clock, () => reflection.isTrue());
  expect(reflection.reflector.report().relistChanges).toBe(2);
  expect(reflection.log.of('a whole list found what watching had missed')[0].fields).toMatchObject({ changes: 2 });
});

test('a whole list at a version that is too old is read at the newest instead', async () => {
  const clock = new HandClock();
  await using fake = await startFakeApi({ clock });
  fill(fake, 3);
  await using reflection = await reflect({ fake, clock, more: { relistMs: 5000 } });
  await watching(fake, reflection);
  await passTime(clock, 10_000);
  fake.fault({ on: 'list', times: 1, misdeed: { do: 'answer', status: 410 } });
  for (const watch of fake.watches) watch.end();
  await untilLater('two more lists', clock, () => pages(fake).length === 3 && isWatching(fake, reflection));
  expect(
    fake.requests
      .filter(({ verb }) => verb === 'list')
      .at(-1)
      ?.query.has('resourceVersion'),
  ).toBe(false);
});

// Rule 11, and kinds that cannot be read.

test.each([
  ['absent', (fake: FakeApi) => fake.unlearn('Service'), (fake: FakeApi) => fake.learn(resources.service)],
  ['forbidden', (fake: FakeApi) => fake.forbid('Service'), (fake: FakeApi) => fake.allow('Service')],
] as const)(
  'a kind that is %s is reported as such, and picked up within 30 s once it can be read',
  async (state, hide, show) => {
    const clock = new HandClock();
    await using fake = await startFakeApi({ clock });
    fake.put(service('a'));
    hide(fake);
    const states: string[] = [];
    const onState = (): void => void states.push(reflection.reflector.report().state);
    const dice = { ...middlingDice, below: (limit: number) => limit - 1 };
    await using reflection = await reflect({ fake, clock, more: { onState, dice } });
    await untilLater('the state', clock, () => reflection.reflector.report().state === state);
    await passTime(clock, 300_000);
    expect(reflection.reflector.report()).toMatchObject({ state, synced: false });
    expect(reflection.log.lines.length).toBe(1);
    show(fake);
    await passTime(clock, 25_000);
    await waitUntil('the list', () => reflection.isTrue() && reflection.reflector.report().synced);
    await watching(fake, reflection);
    expect(states.filter((one, i) => one !== states[i - 1])).toEqual([state, 'watching']);
  },
);

test('a kind that may not be read any more keeps what was read', async () => {
  const clock = new HandClock();
  await using fake = await startFakeApi({ clock });
  fill(fake, 3);
  await using reflection = await reflect({ fake, clock });
  await watching(fake, reflection);
  fake.forbid('Service');
  await untilLater('the state', clock, () => reflection.reflector.report().state === 'forbidden');
  await passTime(clock, 60_000);
  expect(reflection.seen.size).toBe(3);
  fake.allow('Service');
  fake.put(service('late'));
  await untilLater('the truth', clock, () => reflection.isTrue());
});

// A suspicious shrink.

test('an empty list by mistake, once, removes nothing', async () => {
  const clock = new HandClock();
  await using fake = await startFakeApi({ clock });
  fill(fake, 5);
  await using reflection = await reflect({ fake, clock });
  await watching(fake, reflection);
  fake.fault({ on: 'list', times: 1, misdeed: { do: 'lie', objects: () => [] } });
  fake.expire();
  await waitUntil('doubt', () => reflection.reflector.report().state === 'doubting');
  const listed = pages(fake).length;
  await passTime(clock, 900, 100);
  expect(pages(fake).length).toBe(listed);
  await untilLater('the watch', clock, () => isWatching(fake, reflection));
  expect(reflection.deltas.flatMap(({ remove }) => remove)).toEqual([]);
  expect(reflection.reflector.report().lists).toBe(3);
  expect(reflection.log.of('a list of the cluster is not believed at once').length).toBe(1);
  expect(
    fake.requests
      .filter(({ verb }) => verb === 'list')
      .at(-1)
      ?.query.toString(),
  ).toBe('limit=500');
});

test('a shrink that the second list confirms is obeyed', async () => {
  const clock = new HandClock();
  await using fake = await startFakeApi({ clock });
  fill(fake, 5);
  await using reflection = await reflect({ fake, clock });
  await watching(fake, reflection);
  fake.deafenWatches();
  for (const name of ['s0', 's1', 's2', 's3']) fake.remove('Service', name);
  fake.expire();
  await waitUntil('doubt', () => reflection.reflector.report().state === 'doubting');
  expect(reflection.seen.size).toBe(5);
  await untilLater('the truth', clock, () => reflection.isTrue());
});

test('many removals told by the watch are obeyed at once', async () => {
  await using fake = await startFakeApi();
  fill(fake, 5);
  await using reflection = await reflect({ fake });
  await watching(fake, reflection);
  for (const name of ['s0', 's1', 's2', 's3', 's4']) fake.remove('Service', name);
  await waitUntil('the truth', () => reflection.isTrue());
  expect(reflection.reflector.report().lists).toBe(1);
});

test('while the second list cannot be had, the old one stays', async () => {
  const clock = new HandClock();
  await using fake = await startFakeApi({ clock });
  fill(fake, 5);
  await using reflection = await reflect({ fake, clock });
  await watching(fake, reflection);
  fake.fault({ on: 'list', times: 1, misdeed: { do: 'lie', objects: () => [] } });
  fake.fault({ on: 'list', times: 5, misdeed: { do: 'answer', status: 500 } });
  fake.expire();
  await untilLater('five failures', clock, () => pages(fake).length === 7);
  expect(reflection.reflector.report().state).toBe('doubting');
  await untilLater('the watch', clock, () => isWatching(fake, reflection));
  expect(reflection.seen.size).toBe(5);
});

test('a page that is missing is noticed, also in the first list', async () => {
  const clock = new HandClock();
  await using fake = await startFakeApi({ clock });
  fill(fake, 30);
  fake.fault({ on: 'list', times: 1, misdeed: { do: 'skip-page' } });
  await using reflection = await reflect({ fake, clock, more: { pageLimit: 10 } });
  await untilLater('the truth', clock, () => reflection.isTrue());
  expect(reflection.deltas.length).toBe(1);
  expect(reflection.log.lines[0].fields).toMatchObject({ doubt: '20 objects were to follow, and 10 did' });
});

test('a list whose pages lead round in circles is given up', async () => {
  const clock = new HandClock();
  await using fake = await startFakeApi({ clock });
  fill(fake, 3);
  const metadata = { resourceVersion: '1003', continue: 'again' };
  fake.fault({ on: 'list', times: 2, misdeed: { do: 'say', bytes: JSON.stringify({ metadata, items: [] }) } });
  await using reflection = await reflect({ fake, clock });
  await untilLater('the truth', clock, () => reflection.isTrue() && reflection.reflector.report().synced);
  expect(reflection.log.lines[0].fields).toMatchObject({ error: 'a list goes round in circles' });
});

test.each([
  ['without items', ''],
  ['with an object of items', ',"items":{"a":{}}'],
  ['with a text for items', ',"items":"none"'],
])('a list %s is no empty list', async (_what, items) => {
  const clock = new HandClock();
  await using fake = await startFakeApi({ clock });
  fill(fake, 3);
  const bytes = `{"metadata":{"resourceVersion":"1003"}${items}}`;
  fake.fault({ on: 'list', times: 1, misdeed: { do: 'say', bytes } });
  await using reflection = await reflect({ fake, clock });
  await untilLater('the truth', clock, () => reflection.reflector.report().synced);
  expect(reflection.isTrue()).toBe(true);
  expect(reflection.log.lines[0].fields).toMatchObject({ error: 'a list without items' });
});

test('a list whose pages come round again under other tokens is given up', async () => {
  const clock = new HandClock();
  await using fake = await startFakeApi({ clock });
  fill(fake, 3);
  const items = fake.all('Service');
  for (let page = 0; page < 6; page++) {
    const metadata = { resourceVersion: '1003', continue: `page ${page}` };
    fake.fault({ on: 'list', times: 1, misdeed: { do: 'say', bytes: JSON.stringify({ metadata, items }) } });
  }
  await using reflection = await reflect({ fake, clock });
  await waitUntil('the complaint', () => reflection.log.lines.length > 0);
  expect(reflection.log.lines[0].fields).toMatchObject({ error: 'a list goes round in circles' });
  expect(fake.count('list')).toBe(4);
  fake.faults.clear();
  await untilLater('the truth', clock, () => reflection.isTrue() && reflection.reflector.report().synced);
});

// Work in small pieces.

test('a big list is parsed in slices, and others have their turn in between', async () => {
  await using fake = await startFakeApi();
  fill(fake, 2000);
  let busyMs = 0;
  let turn = 0;
  let kept = 0;
  const slices = new Map<number, number>();
  // Each object costs a millisecond of this clock, however fast or loaded the machine is.
  const clock: Clock = { now: () => busyMs, after: () => ({ cancel: () => {} }) };
  const keep = (): undefined => {
    busyMs++;
    kept++;
    slices.set(turn, (slices.get(turn) ?? 0) + 1);
    return undefined;
  };
  await using reflection = await reflect({ fake, clock, more: { keep } });
  let isDone = false;
  const turns = (async () => {
    for (; !isDone; turn++) await setImmediate();
  })();
  await reflection.reflector.synced;
  isDone = true;
  await turns;
  expect(kept).toBe(2000);
  expect(Math.max(...slices.values())).toBeLessThanOrEqual(20);
});

test('dice decide how long a watch lasts', async () => {
  await using fake = await startFakeApi();
  const dice = { ...middlingDice, below: (limit: number) => limit - 1 };
  await using reflection = await reflect({ fake, more: { dice } });
  await watching(fake, reflection);
  expect(fake.requests[1].query.get('timeoutSeconds')).toBe('360');
});
