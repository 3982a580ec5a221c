import { expect, test } from 'vitest';
import type { FollowAddresses } from '../../../../src/control/status/address-source.ts';
import type { PublishedAddress } from '../../../../src/model/objects.ts';
import { HandClock } from '../../../support/hand-clock.ts';
import { ingressClass, ingressOf, startStatusStage } from '../../../support/status-stage.ts';
import { waitUntil } from '../../../support/wait-until.ts';

const ip = (one: string): PublishedAddress => ({ ip: one });
const statusOf = (...ingress: object[]) => ({ status: { loadBalancer: { ingress } } });

/** Addresses that the test changes. */
function changing(...first: string[]) {
  let tell: (addresses: readonly PublishedAddress[]) => void = () => {};
  let now = first.map(ip);
  const follow: FollowAddresses = (listener) => {
    tell = listener;
    tell(now);
    return { stop: async () => {} };
  };
  const change = (...next: string[]): void => {
    now = next.map(ip);
    tell(now);
  };
  return { follow, change };
}

test('an Ingress of ours gets the addresses, with one write', async () => {
  await using stage = await startStatusStage({ follow: changing('192.0.2.9', '192.0.2.1').follow });
  stage.fake.put(ingressOf('web'));
  await waitUntil('the status', () => stage.addresses('web').length > 0);
  await stage.settled();
  expect(stage.addresses('web')).toEqual([ip('192.0.2.1'), ip('192.0.2.9')]);
  expect(stage.fake.count('patch', 'Ingress')).toBe(1);
  const [{ query, headers, body, path }] = stage.fake.requests.filter(({ verb }) => verb === 'patch');
  expect(path).toBe('/apis/networking.k8s.io/v1/namespaces/default/ingresses/web/status');
  expect(Object.fromEntries(query)).toEqual({ fieldManager: 'komainu', force: 'true' });
  expect(headers['content-type']).toBe('application/apply-patch+yaml');
  expect(body).toMatchObject({
    metadata: { name: 'web', resourceVersion: expect.any(String), uid: expect.any(String) },
  });
});

test('what is equal is not written, in whatever order it stands', async () => {
  await using stage = await startStatusStage({ follow: changing('192.0.2.1', '192.0.2.9').follow });
  stage.fake.put(ingressOf('web', 'komainu', statusOf(ip('192.0.2.9'), ip('192.0.2.1'))));
  stage.fake.put(ingressOf('last'));
  await waitUntil('the last has its status', () => stage.addresses('last').length > 0);
  await stage.settled();
  stage.leader.leads = false;
  stage.leader.leads = true;
  await stage.settled();
  expect(stage.fake.count('patch', 'Ingress')).toBe(1);
  expect(stage.addresses('web')).toEqual([ip('192.0.2.9'), ip('192.0.2.1')]);
});

test('the Ingress of another controller stays as it is', async () => {
  await using stage = await startStatusStage();
  stage.fake.put(ingressClass('nginx', 'k8s.io/ingress-nginx'));
  const theirs = stage.fake.put(ingressOf('theirs', 'nginx', statusOf({ hostname: 'lb.example', ports: [] })));
  stage.fake.put(ingressOf('ours'));
  await waitUntil('ours has its status', () => stage.addresses('ours').length > 0);
  await stage.settled();
  expect(stage.fake.get('Ingress', 'theirs')).toEqual(theirs);
});

test('entries of others stay in the status of an Ingress of ours, with all their fields', async () => {
  const theirs = { hostname: 'lb.example', ports: [{ port: 80, protocol: 'TCP' }] };
  await using stage = await startStatusStage();
  stage.fake.put(ingressOf('web', 'komainu', statusOf(theirs)));
  await waitUntil('the status', () => stage.addresses('web').length === 2);
  await stage.settled();
  expect(stage.addresses('web')).toEqual([theirs, ip('192.0.2.1')]);
  expect(stage.fake.count('patch', 'Ingress')).toBe(1);
});

test('changed addresses take the place of the old ones, with one write each', async () => {
  const { follow, change } = changing('192.0.2.1');
  await using stage = await startStatusStage({ follow });
  stage.fake.put(ingressOf('a', 'komainu', statusOf({ hostname: 'lb.example' })));
  stage.fake.put(ingressOf('b'));
  await waitUntil('the first', () => stage.addresses('a').length === 2 && stage.addresses('b').length === 1);
  await stage.settled();
  change('192.0.2.2', '192.0.2.3');
  await waitUntil('the second', () => stage.addresses('a').length === 3 && stage.addresses('b').length === 2);
  await stage.settled();
  expect(stage.addresses('a')).toEqual([{ hostname: 'lb.example' }, ip('192.0.2.2'), ip('192.0.2.3')]);
  expect(stage.fake.count('patch', 'Ingress')).toBe(4);
});

test('addresses that are gone are taken out', async () => {
  const { follow, change } = changing('192.0.2.1');
  await using stage = await startStatusStage({ follow });
  stage.fake.put(ingressOf('web'));
  await waitUntil('the status', () => stage.addresses('web').length === 1);
  await stage.settled();
  change();
  await waitUntil('nothing', () => stage.addresses('web').length === 0);
});

test.each([
  [
    'names another class',
    (stage: Stage) => stage.fake.put({ ...withStatus(stage, 'web'), spec: ingressOf('web', 'nginx').spec }),
  ],
  ['loses its class', (stage: Stage) => stage.fake.remove('IngressClass', 'komainu')],
  [
    'has a class that goes to another controller',
    (stage: Stage) => stage.fake.put(ingressClass('komainu', 'example.com/other')),
  ],
])('an Ingress that %s loses our addresses and keeps those of others', async (_, change) => {
  await using stage = await startStatusStage();
  stage.fake.put(ingressOf('web', 'komainu', statusOf({ hostname: 'lb.example' })));
  await waitUntil('the status', () => stage.addresses('web').length === 2);
  await stage.settled();
  change(stage);
  await waitUntil('ours is gone', () => stage.addresses('web').length === 1);
  await stage.settled();
  expect(stage.addresses('web')).toEqual([{ hostname: 'lb.example' }]);
  expect(stage.fake.count('patch', 'Ingress')).toBe(2);
});

type Stage = Awaited<ReturnType<typeof startStatusStage>>;

function withStatus(stage: Stage, name: string) {
  const found = stage.fake.get('Ingress', name);
  if (found === undefined) throw new Error(`no Ingress ${name}`);
  return structuredClone(found) as never as ReturnType<typeof ingressOf>;
}

test('an Ingress that goes out of sight by its labels loses our addresses', async () => {
  await using stage = await startStatusStage({ labelSelector: 'team=shop' });
  stage.fake.put(ingressOf('web', 'komainu', { metadata: { name: 'web', labels: { team: 'shop' } } }));
  await waitUntil('the status', () => stage.addresses('web').length === 1);
  await stage.settled();
  const web = withStatus(stage, 'web');
  stage.fake.put({ ...web, metadata: { ...web.metadata, labels: {} } });
  await waitUntil('it is gone', () => stage.addresses('web').length === 0);
});

test('what another controller wrote after us into an Ingress that is no longer ours is theirs', async () => {
  await using stage = await startStatusStage();
  stage.fake.put(ingressOf('web'));
  await waitUntil('the status', () => stage.addresses('web').length === 1);
  await stage.settled();
  const web = withStatus(stage, 'web');
  const theirs = stage.fake.put({
    ...web,
    spec: ingressOf('web', 'nginx').spec,
    metadata: { ...web.metadata, managedFields: [] },
  });
  stage.fake.put(ingressOf('last'));
  await waitUntil('the last', () => stage.addresses('last').length === 1);
  expect(stage.fake.get('Ingress', 'web')).toEqual(theirs);
});

test('the next leader takes out what the one before has published', async () => {
  const notes = new Map<string, string>();
  await using first = await startStatusStage({ notes, follow: changing('192.0.2.1').follow });
  first.fake.put(ingressOf('web', 'komainu', statusOf({ hostname: 'lb.example' })));
  await waitUntil('the status', () => first.addresses('web').length === 2);
  await first.settled();
  await first.writer.stop();
  await using second = await startStatusStage({ api: first.fake, notes, follow: changing('192.0.2.7').follow });
  await waitUntil('the new status', () => second.addresses('web').some((one) => one.ip === '192.0.2.7'));
  expect(second.addresses('web')).toEqual([{ hostname: 'lb.example' }, ip('192.0.2.7')]);
  await waitUntil('the note', () => [...notes.values()].join() === JSON.stringify([ip('192.0.2.7')]));
});

test('one that does not lead writes nothing, and begins when it does', async () => {
  await using stage = await startStatusStage();
  stage.leader.leads = false;
  stage.fake.put(ingressOf('web'));
  await stage.settled();
  expect(stage.fake.count('patch')).toBe(0);
  stage.leader.leads = true;
  await waitUntil('the status', () => stage.addresses('web').length === 1);
});

test('a conflict is read and thought over, not forced', async () => {
  await using stage = await startStatusStage();
  stage.fake.fault({ on: 'patch', kind: 'Ingress', times: 1, misdeed: { do: 'answer', status: 409 } });
  stage.fake.put(ingressOf('web'));
  await waitUntil('the status', () => stage.addresses('web').length === 1);
  expect(stage.fake.requests.filter(({ query }) => query.get('fieldSelector') === 'metadata.name=web')).toHaveLength(1);
});

test('an Ingress that went to another controller unseen is not taken back from it', async () => {
  const { follow, change } = changing('192.0.2.1');
  await using stage = await startStatusStage({ follow });
  stage.fake.put(ingressOf('web'));
  await waitUntil('the status', () => stage.addresses('web').length === 1);
  await stage.settled();
  stage.fake.deafenWatches('Ingress');
  const theirs = stage.fake.put(ingressOf('web', 'nginx', statusOf({ hostname: 'lb.example' })));
  change('192.0.2.2');
  await waitUntil('it was read', () => stage.fake.requests.some(({ query }) => query.has('fieldSelector')));
  await waitUntil('all is looked at', () => [...stage.leader.notes.values()].join() === '[{"ip":"192.0.2.2"}]');
  expect(stage.fake.get('Ingress', 'web')).toEqual(theirs);
});

test('429 and 503 are obeyed, and nothing is lost', async () => {
  await using stage = await startStatusStage();
  const busy = { do: 'answer', status: 429, retryAfterSeconds: 1 } as const;
  stage.fake.fault({ on: 'patch', kind: 'Ingress', times: 1, misdeed: busy });
  stage.fake.fault({ on: 'patch', kind: 'Ingress', times: 2, misdeed: { do: 'answer', status: 503 } });
  const since = performance.now();
  stage.fake.put(ingressOf('web'));
  await waitUntil('the status', () => stage.addresses('web').length === 1);
  expect(performance.now() - since).toBeGreaterThan(1_000);
  expect(stage.fake.count('patch', 'Ingress')).toBe(4);
});

test('what is refused for good is said once and not tried again at once', async () => {
  await using stage = await startStatusStage();
  stage.fake.fault({ on: 'patch', kind: 'Ingress', times: 1, misdeed: { do: 'answer', status: 422 } });
  stage.fake.put(ingressOf('web'));
  await waitUntil('the log', () => stage.log.of('status was not taken').length === 1);
  stage.fake.put(ingressOf('last'));
  await waitUntil('the last', () => stage.writer.facts().writes === 1);
  expect(stage.fake.count('patch', 'Ingress')).toBe(2);
  expect(stage.writer.facts().refused).toBe(1);
});

test('what is refused is tried again after half a minute, then less often, and ten of them are named', async () => {
  const clock = new HandClock();
  await using stage = await startStatusStage({ clock });
  stage.fake.fault({ on: 'patch', kind: 'Ingress', times: 22, misdeed: { do: 'answer', status: 403 } });
  for (let i = 0; i < 11; i++) stage.fake.put(ingressOf(`web-${i}`));
  await waitUntil('all are refused', () => stage.writer.facts().refused === 11);
  expect(stage.log.of('status was not taken')).toHaveLength(10);
  clock.advance(29_999);
  expect(stage.writer.facts().waiting).toBe(0);
  clock.advance(1);
  await waitUntil('all are refused again', () => stage.writer.facts().refused === 22);
  clock.advance(59_999);
  expect(stage.writer.facts().waiting).toBe(0);
  clock.advance(1);
  await waitUntil('all are written', () => stage.writer.facts().writes === 11);
});

test('another controller that writes the same list again and again is answered every five seconds', async () => {
  const clock = new HandClock();
  await using stage = await startStatusStage({ clock });
  const theirs = () => stage.fake.put(ingressOf('web', 'komainu', statusOf({ hostname: 'lb.example' })));
  for (let i = 0; i < 20; i++) {
    theirs();
    await waitUntil('ours is there too', () => stage.addresses('web').length === 2);
    await stage.settled();
  }
  theirs();
  await waitUntil('it waits', () => stage.writer.facts().waiting === 1);
  stage.fake.put(ingressOf('last'));
  await waitUntil('another one does not', () => stage.addresses('last').length === 1);
  clock.advance(4_999);
  expect(stage.fake.count('patch', 'Ingress')).toBe(21);
  clock.advance(1);
  await waitUntil('ours is there too', () => stage.addresses('web').length === 2);
});

test('two Komainus with controllers of their own and the same addresses leave each other alone', async () => {
  await using one = await startStatusStage();
  one.fake.put(ingressClass('edge', 'example.com/edge'));
  await using two = await startStatusStage({ api: one.fake, controller: 'example.com/edge' });
  one.fake.put(ingressOf('first'));
  one.fake.put(ingressOf('second', 'edge'));
  await waitUntil('both', () => ['first', 'second'].every((name) => one.addresses(name).length === 1));
  for (const stage of [one, two]) await stage.settled();
  one.fake.put(ingressOf('last'));
  await waitUntil('the last', () => one.addresses('last').length === 1);
  for (const stage of [one, two]) await stage.settled();
  expect(one.addresses('second')).toEqual([ip('192.0.2.1')]);
  expect(one.fake.count('patch', 'Ingress')).toBe(3);
  const managers = one.fake.requests
    .filter(({ verb }) => verb === 'patch')
    .map(({ query }) => query.get('fieldManager'));
  expect(managers.toSorted()).toEqual(['komainu', 'komainu', 'komainu:example.com/edge']);
});
