import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { get } from '../support/raw-client.ts';
import type { Komainu } from '../support/start-komainu.ts';
import { type Cluster, startCluster } from './support/cluster.ts';
import type { KubeObject } from './support/cluster-client.ts';
import { makeNode } from './support/nodes.ts';
import { ingress, namespaceObject, service, slice, within } from './support/objects.ts';
import { type Pod, startPod } from './support/pods.ts';
import { findProgram } from './support/programs.ts';
import { quietPort } from './support/quiet-port.ts';
import { NAMESPACE, podOf, renderFolder, workloadsOf } from './support/rendered.ts';
import { startShipped, usesOf } from './support/shipped.ts';

type Account = 'komainu-worker' | 'komainu-leader';

/** One verb of one resource of one role, and the role without it. */
interface Taken {
  readonly right: string;
  readonly resource: string;
  readonly without: KubeObject;
}

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

const rbacKinds = new Set(['ServiceAccount', 'ClusterRole', 'ClusterRoleBinding', 'Role', 'RoleBinding']);

/** Kinds that carry traffic. */
const kindOf: Readonly<Record<string, string>> = {
  ingressclasses: 'IngressClass',
  ingresses: 'Ingress',
  services: 'Service',
  endpointslices: 'EndpointSlice',
  secrets: 'Secret',
};

const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' };
const leaderLease = { ...lease, metadata: { name: 'komainu-leader', namespace: NAMESPACE } };

const tls = { tls: [{ hosts: ['web.test'], secretName: 'web-tls' }] };
const [route, lost] = within('shop', [
  ingress('web', [{ host: 'web.test', service: 'web' }], tls),
  ingress('lost', [{ host: 'lost.test', service: 'lost' }]),
]);

let cluster: Cluster;
let pod: Pod;
let objects: readonly KubeObject[];

/** Every verb that the roles of the account grant, taken away alone. */
const rightsOf = (account: Account): readonly Taken[] => rolesOf(account).flatMap(takenFrom);

const takenFrom = (role: KubeObject): readonly Taken[] =>
  (role.rules as Rule[]).flatMap((rule, index) =>
    rule.verbs.map((verb) => {
      const verbs = rule.verbs.filter((one) => one !== verb);
      const rules = (role.rules as Rule[]).toSpliced(index, 1, ...(verbs.length > 0 ? [{ ...rule, verbs }] : []));
      const [group, resource] = [rule.apiGroups[0], rule.resources[0]];
      const right = `${verb} ${group === '' ? '' : `${group}/`}${resource}`;
      return { right, resource, without: { ...role, rules } };
    }),
  );

function rolesOf(account: Account): readonly KubeObject[] {
  const bindings = objects.filter(({ subjects }) => subjects?.some((one: { name: string }) => one.name === account));
  return bindings.map(
    ({ roleRef }) => objects.find(({ kind, metadata }) => kind === roleRef.kind && metadata.name === roleRef.name)!,
  );
}

describe.skipIf(findProgram('kubectl') === undefined)('one right less', () => {
  beforeAll(async () => {
    cluster = await startCluster();
    pod = await startPod('web-1');
    objects = await renderFolder(cluster.kubeconfig(), join('overlays', 'cluster-baremetal'));
    await cluster.admin.apply(namespaceObject('shop'), route, ...within('shop', [service('web'), slice('web', [pod])]));
    await cluster.admin.apply(namespaceObject(NAMESPACE), lost);
    await cluster.admin.apply(...objects.filter(({ kind }) => rbacKinds.has(kind) || kind === 'IngressClass'));
    await makeNode(cluster.admin, 'node-1', [{ type: 'InternalIP', address: '192.0.2.1' }]);
    for (const workload of workloadsOf(objects)) await standOnNode(podOf(workload));
  });
  afterAll(async () => {
    await pod?.stop();
    await cluster?.[Symbol.asyncDispose]();
  });

  test('for a worker: it is refused just that, and says so', { timeout: 300_000 }, async () => {
    const rights = rightsOf('komainu-worker');
    expect(rights.length).toBeGreaterThan(6);
    for (const { right, resource, without } of rights) {
      await cluster.admin.apply(without);
      await expectKindToBeMissed(right, kindOf[resource]);
      await cluster.admin.apply(...rolesOf('komainu-worker'));
    }
  });

  test('for a leader: it is refused just that, says so and serves', { timeout: 300_000 }, async () => {
    const ofWorkers = new Set(rightsOf('komainu-worker').map(({ right }) => right));
    const rights = rightsOf('komainu-leader').filter(({ right }) => !ofWorkers.has(right));
    expect(rights.length).toBeGreaterThan(6);
    for (const { right, without } of rights) {
      await cluster.admin.apply(without);
      await expectWritingToBeMissed(right);
      await cluster.admin.apply(...rolesOf('komainu-leader'));
    }
  });
});

async function standOnNode(own: KubeObject): Promise<void> {
  await cluster.admin.apply({ ...own, spec: { ...own.spec, nodeName: 'node-1' } });
  const conditions = [{ type: 'Ready', status: 'True' }];
  await cluster.admin.patch(own, { status: { phase: 'Running', conditions } }, 'status');
}

/** Verbs that were refused since then. */
const refusedSince = (account: Account, entries: number): ReadonlySet<string> =>
  new Set(usesOf(account, cluster.audit().slice(entries)).refused.map((one) => one.split(' ')[0]));

async function expectKindToBeMissed(right: string, kind: string): Promise<void> {
  const before = cluster.audit().length;
  const adminPort = await quietPort();
  const args = ['--admin-port', String(adminPort)];
  await using worker = await startShipped(cluster, objects, 'komainu-worker', 'worker-1', { args, waits: false });
  const said = async (path: string): Promise<string> => (await get(adminPort, 'localhost', path)).text;
  await worker.until(`${right} is refused`, () => refusedSince('komainu-worker', before).size > 0);
  const lines = async (): Promise<readonly string[]> => (await said('/readyz?verbose')).split('\n');
  const isNamed = (line: string): boolean =>
    line.includes(`]cluster/${kind} `) && line.includes('the API server lets us not read this kind');
  await worker.until(`${right} is named`, async () => (await lines()).some(isNamed));
  expect(await said('/metrics'), right).toContain(`komainu_kubernetes_state{kind="${kind}",state="forbidden"} 1`);
  expect(JSON.stringify(worker.log), right).toContain(`"kind":"${kind}"`);
  expect([...refusedSince('komainu-worker', before)], right).toEqual([right.split(' ')[0]]);
}

async function expectWritingToBeMissed(right: string): Promise<void> {
  await cluster.admin.patch(route, { status: { loadBalancer: { ingress: null } } }, 'status');
  if ((await cluster.admin.get(leaderLease)) !== undefined) await cluster.admin.remove(leaderLease);
  const before = cluster.audit().length;
  await using leader = await startShipped(cluster, objects, 'komainu-leader', 'komainu-leader-0');
  const looks = Date.now();
  let mends = 0;
  const missed = async (): Promise<boolean> => {
    // An Event is told once more only when its cause has gone and come back.
    if (Date.now() - looks > 1_000 * (mends + 1)) await mendOrBreak(++mends % 2 === 1);
    return refusedSince('komainu-leader', before).size > 0 && hasComplained(leader);
  };
  await leader.until(`${right} is refused, and said to be`, missed, 60_000);
  expect([...refusedSince('komainu-leader', before)], right).toEqual([right.split(' ')[0]]);
  expect((await leader.admin('/readyz')).status, right).toBe(200);
  await mendOrBreak(false);
}

/** Warnings of a writer, or of what it follows, about what it may not. */
const hasComplained = ({ log }: Komainu): boolean =>
  log.some(({ level, ...fields }) => level === 'warn' && /403|lets us not read/.test(JSON.stringify(fields)));

const mendOrBreak = (mended: boolean): Promise<unknown> =>
  cluster.admin.apply(...within('shop', [ingress('lost', [{ host: 'lost.test', service: mended ? 'web' : 'lost' }])]));
