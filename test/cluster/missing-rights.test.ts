import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { get } from '../support/raw-client.ts';
import { type Cluster, startCluster } from './support/cluster.ts';
import type { KubeObject } from './support/cluster-client.ts';
import { ingress, namespaceObject, service, slice, within } from './support/objects.ts';
import { type Pod, startPod } from './support/pods.ts';
import { findProgram } from './support/programs.ts';
import { quietPort } from './support/quiet-port.ts';
import { NAMESPACE, renderFolder } from './support/rendered.ts';
import { startShipped, usesOf } from './support/shipped.ts';

const ACCOUNT = 'komainu-worker';
const rbacKinds = new Set(['ServiceAccount', 'ClusterRole', 'ClusterRoleBinding', 'Role', 'RoleBinding']);

/** One verb of one resource in one role, and the roles without it. */
interface Taken {
  readonly right: string;
  readonly kind: string;
  readonly without: KubeObject;
}

const readable: Readonly<Record<string, string>> = {
  ingressclasses: 'IngressClass',
  ingresses: 'Ingress',
  services: 'Service',
  endpointslices: 'EndpointSlice',
  secrets: 'Secret',
};

let cluster: Cluster;
let pod: Pod;
let objects: readonly KubeObject[];

/** Every verb that the roles of the account grant, taken away alone. */
function everyRight(): readonly Taken[] {
  return rolesOf(ACCOUNT).flatMap((role) =>
    role.rules.flatMap((rule: { apiGroups: string[]; resources: string[]; verbs: string[] }, index: number) =>
      rule.verbs.map((verb) => {
        const verbs = rule.verbs.filter((one) => one !== verb);
        const rules = role.rules.toSpliced(index, 1, ...(verbs.length > 0 ? [{ ...rule, verbs }] : []));
        const [group, resource] = [rule.apiGroups[0], rule.resources[0]];
        const right = `${verb} ${group === '' ? '' : `${group}/`}${resource}`;
        return { right, kind: readable[resource], without: { ...role, rules } };
      }),
    ),
  );
}

function rolesOf(account: string): readonly KubeObject[] {
  const bindings = objects.filter(({ subjects }) => subjects?.some((one: { name: string }) => one.name === account));
  return bindings.map(
    ({ roleRef }) => objects.find(({ kind, metadata }) => kind === roleRef.kind && metadata.name === roleRef.name)!,
  );
}

describe.skipIf(findProgram('kubectl') === undefined)('a worker that lacks one of its rights', () => {
  beforeAll(async () => {
    cluster = await startCluster();
    pod = await startPod('web-1');
    const tls = { tls: [{ hosts: ['web.test'], secretName: 'web-tls' }] };
    const web = [ingress('web', [{ host: 'web.test', service: 'web' }], tls), service('web'), slice('web', [pod])];
    objects = await renderFolder(cluster.kubeconfig(), join('overlays', 'cluster'));
    await cluster.admin.apply(namespaceObject('shop'), ...within('shop', web), namespaceObject(NAMESPACE));
    await cluster.admin.apply(...objects.filter(({ kind }) => rbacKinds.has(kind) || kind === 'IngressClass'));
  });
  afterAll(async () => {
    await pod?.stop();
    await cluster?.[Symbol.asyncDispose]();
  });

  test('is refused just that, and says so', { timeout: 300_000 }, async () => {
    const rights = everyRight();
    expect(rights.length).toBeGreaterThan(6);
    for (const taken of rights) await expectToBeMissed(taken);
  });
});

async function expectToBeMissed({ right, kind, without }: Taken): Promise<void> {
  await cluster.admin.apply(without);
  const before = cluster.audit().length;
  const adminPort = await quietPort();
  await using worker = await startShipped(cluster, objects, ACCOUNT, 'worker-1', {
    args: ['--admin-port', String(adminPort)],
    waits: false,
  });
  const said = async (path: string): Promise<string> => (await get(adminPort, 'localhost', path)).text;
  await worker.until(`${right} is refused`, () => usesOf(ACCOUNT, cluster.audit().slice(before)).refused.length > 0);
  const [line] = (await said('/readyz?verbose')).split('\n').filter((one) => one.includes(`]cluster/${kind} `));
  expect(line, right).toMatch(/the API server lets us not read this kind/);
  expect(await said('/metrics'), right).toContain(`komainu_kubernetes_state{kind="${kind}",state="forbidden"} 1`);
  expect(JSON.stringify(worker.log), right).toContain(`"kind":"${kind}"`);
  const { refused } = usesOf(ACCOUNT, cluster.audit().slice(before));
  expect([...new Set(refused.map((one) => one.split(' ')[0]))], right).toEqual([right.split(' ')[0]]);
  await cluster.admin.apply(...rolesOf(ACCOUNT));
}
