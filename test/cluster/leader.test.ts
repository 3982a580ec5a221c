import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { waitUntil } from '../support/wait-until.ts';
import { type Cluster, startCluster } from './support/cluster.ts';
import { ingress, ingressClass, namespaceObject, within } from './support/objects.ts';
import { leaseOf, reigns, startWriter, strayWrites, type WriterProcess, writesIn } from './support/writers.ts';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
  await cluster.admin.apply(ingressClass());
});
afterAll(() => cluster?.[Symbol.asyncDispose]());

const holderOf = async (namespace: string): Promise<string | undefined> =>
  (await cluster.admin.get(leaseOf(namespace)))?.spec.holderIdentity;

const until = (namespace: string, holder: string, deadlineMs = 30_000): Promise<unknown> =>
  waitUntil(`${holder} leads`, async () => (await holderOf(namespace)) === holder, { deadlineMs });

/** One Ingress after another, each with a reason for a status and an Event, until stopped. */
function churn(namespace: string) {
  let made = 0;
  let stopped = false;
  const running = (async () => {
    while (!stopped) {
      const name = `web-${made++}`;
      await cluster.admin.apply(...within(namespace, [ingress(name, [{ host: `${name}.test`, service: 'missing' }])]));
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  })();
  return {
    stop: async (): Promise<readonly string[]> => {
      stopped = true;
      await running;
      return Array.from({ length: made }, (_, i) => `web-${i}`);
    },
  };
}

/** All have a status and an Event, and nobody wrote who did not hold the Lease. */
async function judge(namespace: string, names: readonly string[]): Promise<void> {
  const missing = async (): Promise<readonly string[]> => {
    const ingresses = await cluster.admin.list('networking.k8s.io/v1', 'Ingress', namespace);
    const events = await cluster.admin.list('events.k8s.io/v1', 'Event', namespace);
    const told = new Set(events.map(({ regarding }) => regarding.name));
    const bare = ingresses.filter(({ metadata, status }) => !status.loadBalancer?.ingress || !told.has(metadata.name));
    return bare.map(({ metadata }) => metadata.name);
  };
  await waitUntil('all are written', async () => (await missing()).length === 0, { deadlineMs: 60_000 });
  expect(strayWrites(cluster, namespace)).toEqual([]);
  const patches = writesIn(cluster, namespace, 'ingresses').map(({ what }) => what);
  expect(patches.toSorted()).toEqual(names.map((name) => `patch ${name}`).toSorted());
}

async function startAll(namespace: string, count: number): Promise<readonly WriterProcess[]> {
  await cluster.admin.apply(namespaceObject(namespace));
  const names = Array.from({ length: count }, (_, i) => `${namespace}-${i}`);
  const first = await startWriter(cluster, namespace, names[0]);
  await until(namespace, names[0]);
  return [first, ...(await Promise.all(names.slice(1).map((name) => startWriter(cluster, namespace, name))))];
}

const dispose = async (all: readonly WriterProcess[]): Promise<void> => {
  await Promise.all(all.map(({ komainu }) => komainu[Symbol.asyncDispose]()));
};

/** The reigns of somebody, without those of nobody. */
const rulers = (namespace: string): readonly string[] =>
  reigns(cluster, namespace).flatMap(({ holder }) => (holder === '' ? [] : [holder]));

describe.concurrent('of several processes one writes', () => {
  test('and when it is killed, another one within 17 s', async () => {
    const all = await startAll('killed', 3);
    const work = churn('killed');
    try {
      await waitUntil('it writes', () => writesIn(cluster, 'killed', 'ingresses').length > 5);
      const killedAt = Date.now();
      all[0].komainu.signal('SIGKILL');
      await waitUntil('another one leads', async () => (await holderOf('killed')) !== 'killed-0', {
        deadlineMs: 30_000,
      });
      const [, next] = reigns(cluster, 'killed');
      console.log(`killed leader: taken over after ${next.fromMs - killedAt} ms`);
      expect(next.fromMs - killedAt).toBeLessThan(17_000);
      await judge('killed', await work.stop());
      expect(rulers('killed')).toEqual(['killed-0', next.holder]);
    } finally {
      await work.stop();
      await dispose(all);
    }
  });

  test('and one that stood still for a minute does not write when it goes on', async () => {
    const all = await startAll('frozen', 2);
    const work = churn('frozen');
    try {
      await waitUntil('it writes', () => writesIn(cluster, 'frozen', 'ingresses').length > 5);
      all[0].komainu.signal('SIGSTOP');
      const stoppedAt = Date.now();
      await until('frozen', 'frozen-1');
      await waitUntil('a minute has passed', () => Date.now() - stoppedAt > 60_000, { deadlineMs: 70_000 });
      all[0].komainu.signal('SIGCONT');
      await all[0].komainu.until('it knows', () => all[0].komainu.log.some(({ msg }) => msg === 'leads no more'));
      await all[0].komainu.until('it follows', async () =>
        (await all[0].komainu.admin('/readyz?verbose')).text.includes('[+]leader ok: frozen-1 leads'),
      );
      await judge('frozen', await work.stop());
      expect(rulers('frozen')).toEqual(['frozen-0', 'frozen-1']);
    } finally {
      all[0].komainu.signal('SIGCONT');
      await work.stop();
      await dispose(all);
    }
  }, 180_000);

  test('and when it stops, another one within 2 s', async () => {
    const all = await startAll('stopped', 3);
    const work = churn('stopped');
    const left = new Map(all.map((one) => [one.identity, one]));
    try {
      for (let round = 0; round < 2; round++) {
        const holder = (await holderOf('stopped')) as string;
        const since = Date.now();
        left.get(holder)?.komainu.signal('SIGTERM');
        left.delete(holder);
        const next = await waitUntil('another one leads', async () => {
          const now = await holderOf('stopped');
          return now !== holder && now;
        });
        const reign = reigns(cluster, 'stopped').findLast((one) => one.holder === next);
        console.log(`stopped leader: taken over after ${(reign?.fromMs as number) - since} ms`);
        expect((reign?.fromMs as number) - since).toBeLessThan(2_000);
        await waitUntil('it writes', () => writesIn(cluster, 'stopped', 'ingresses').some(({ by }) => by === next));
      }
      await judge('stopped', await work.stop());
      expect(new Set(rulers('stopped')).size).toBe(3);
    } finally {
      await work.stop();
      await dispose(all);
    }
  });
});

test('one that is cut off from the API server writes no more, and goes on when nobody else led', async () => {
  const [only] = await startAll('cut', 1);
  await using _ = only.komainu;
  cluster.apiServer.freeze();
  const metrics = async (): Promise<number | undefined> => (await only.komainu.metrics()).get('komainu_leader');
  await only.komainu.until('it gives up', async () => (await metrics()) === 0, 20_000);
  cluster.apiServer.thaw();
  await only.komainu.until('it leads again', async () => (await metrics()) === 1, 20_000);
  await cluster.admin.apply(...within('cut', [ingress('web', [{ host: 'web.test', service: 'missing' }])]));
  await judge('cut', ['web']);
  expect((await cluster.admin.get(leaseOf('cut')))?.spec.leaseTransitions).toBe(0);
});
