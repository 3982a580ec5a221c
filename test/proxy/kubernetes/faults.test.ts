import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type ClusterStage,
  clusterIngress,
  slice,
  startClusterStage,
  wholeRoute,
} from '../../support/cluster-stage.ts';
import { inStep, keepAsking } from '../../support/cluster-traffic.ts';
import type { FakeApi } from '../../support/fake-api/fake-api.ts';
import type { Stored } from '../../support/fake-api/raw.ts';
import type { Komainu } from '../../support/start-komainu.ts';

/** Four watches, and for each a connection for its lists. */
const CONNECTIONS_AT_MOST = 12;
const steady = ['s0', 's1', 's2', 's3', 's4'];

let stage: ClusterStage;
let komainu: Komainu;

beforeAll(async () => {
  stage = await startClusterStage();
  stage.route(...steady, 'gone', 'moved');
  komainu = await stage.start([], { shards: 1 });
});
afterAll(() => stage[Symbol.asyncDispose]());

/** What everybody does while something is wrong: a route comes, one goes, one gets another endpoint. */
function change(name: string): void {
  const { api, origin } = stage;
  stage.put(...wholeRoute(name, origin.port));
  if (api.get('Ingress', 'gone') !== undefined) api.remove('Ingress', 'gone');
  else stage.put(clusterIngress('gone', [{ host: 'gone.test', service: 's0' }]));
  stage.put(slice('moved', origin.port, 'default', 'moved-1'));
  if (api.get('EndpointSlice', 'moved-0') !== undefined) api.remove('EndpointSlice', 'moved-0');
}

const errors = async (): Promise<number> =>
  [...(await komainu.metrics())].reduce(
    (sum, [name, value]) => (name.startsWith('komainu_kubernetes_errors_total') ? sum + value : sum),
    0,
  );

/** Waits until so many lists and watches have failed since. */
const failed = (since: number, count: number): Promise<unknown> =>
  komainu.until(`${count} more have failed`, async () => (await errors()) >= since + count);

const events = (api: FakeApi, kind: string): Stored[] => api.all(kind);

interface Trouble {
  /** Makes it and changes objects meanwhile; resolves when it is over, or cannot be felt any more. */
  readonly happen: (api: FakeApi, name: string) => Promise<void> | void;
}

const troubles: Readonly<Record<string, Trouble>> = {
  'the API server restarts': {
    happen: async (api, name) => {
      const before = await errors();
      await api.down();
      change(name);
      await failed(before, 4);
      await api.up();
    },
  },
  'every answer is 429 with Retry-After': {
    happen: async (api, name) => {
      const before = await errors();
      api.fault({ on: 'any', times: 6, misdeed: { do: 'answer', status: 429, retryAfterSeconds: 1 } });
      api.cutWatches();
      change(name);
      await failed(before, 6);
    },
  },
  'every answer is 500, 503 or 504': {
    happen: async (api, name) => {
      const before = await errors();
      for (const status of [500, 503, 504]) api.fault({ on: 'any', times: 3, misdeed: { do: 'answer', status } });
      api.cutWatches();
      change(name);
      await failed(before, 9);
    },
  },
  'versions are too old for watches and for lists': {
    happen: async (api, name) => {
      api.fault({ on: 'list', times: 4, misdeed: { do: 'answer', status: 410 } });
      change(name);
      api.expire();
    },
  },
  'watches are open and dead': {
    happen: async (api, name) => {
      api.deafenWatches();
      change(name);
      await new Promise((resolve) => setTimeout(resolve, 500)); // nothing can be waited for: nothing happens
      api.cutWatches();
    },
  },
  'a line is cut': {
    happen: (api, name) => {
      api.say('{"type":"ADDED","object":{"kind":"Ingr');
      change(name);
      api.cutWatches();
    },
  },
  'watches say garbage': {
    happen: (api, name) => {
      for (const bytes of ['\0\x01\x02\n', '[]\n', '{"type":"ADDED","object":{}}\n', '{"type":"WHAT","object":null}\n'])
        api.say(bytes);
      change(name);
    },
  },
  'events come twice, and for what is long gone': {
    happen: (api, name) => {
      const known = events(api, 'Ingress');
      for (const object of known) api.sayEvent('ADDED', object);
      change(name);
      for (const object of known) api.sayEvent('MODIFIED', object);
      for (const object of events(api, 'Service')) api.sayEvent('MODIFIED', object);
    },
  },
  'one list is empty by mistake': {
    happen: (api, name) => {
      api.fault({ on: 'list', kind: 'Ingress', times: 1, misdeed: { do: 'lie', objects: () => [] } });
      api.fault({ on: 'list', kind: 'EndpointSlice', times: 1, misdeed: { do: 'lie', objects: () => [] } });
      change(name);
      api.expire();
    },
  },
  'the cluster goes back in time': {
    happen: (api, name) => {
      const backup = api.backup();
      change(name);
      api.restore(backup);
    },
  },
  'lists drip': {
    happen: async (api, name) => {
      const before = await errors();
      api.fault({ on: 'list', misdeed: { do: 'drip', bytes: 1, everyMs: 1000 } });
      change(name);
      api.expire();
      await komainu.until('the lists are asked for', () => api.faults.met > 0);
      await api.down();
      api.faults.clear();
      await failed(before, 1);
      await api.up();
    },
  },
};

test.each(Object.keys(troubles))(
  '%s: every request is answered meanwhile, and then it is in step',
  { timeout: 90_000 },
  async (what) => {
    const { api } = stage;
    await inStep(komainu, api);
    const traffic = await keepAsking(
      komainu,
      steady.map((name) => `${name}.test`),
    );
    await troubles[what].happen(api, `during-${Object.keys(troubles).indexOf(what)}`);
    await inStep(komainu, api, 60_000);
    await traffic.asked(20);
    const { wrong } = await traffic.stop();
    expect(wrong).toEqual([]);
    expect(api.openConnections).toBeLessThanOrEqual(CONNECTIONS_AT_MOST);
    api.faults.clear();
  },
);

test('a page that is missing takes nothing away that is served', { timeout: 120_000 }, async () => {
  const { api, origin } = stage;
  for (let i = 0; i < 1200; i++) stage.put(clusterIngress(`page-${i}`, [{ host: `page-${i}.test`, service: 's0' }]));
  await inStep(komainu, api, 60_000);
  const traffic = await keepAsking(komainu, ['page-600.test', 'page-700.test', 'page-1100.test']);
  api.fault({ on: 'list', kind: 'Ingress', times: 1, misdeed: { do: 'skip-page' } });
  stage.put(...wholeRoute('during-pages', origin.port));
  api.expire();
  await inStep(komainu, api, 60_000);
  expect((await traffic.stop()).wrong).toEqual([]);
});
