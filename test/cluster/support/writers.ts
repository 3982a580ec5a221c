import type { Komainu } from '../../support/start-komainu.ts';
import { type Account, grant, makeAccount, type PolicyRule } from './accounts.ts';
import type { AuditEntry } from './audit.ts';
import type { Cluster } from './cluster.ts';
import { startInCluster } from './start-in-cluster.ts';

/** Komainu's rights, as far as these tests need them, in one role. */
const rights: readonly PolicyRule[] = [
  { apiGroups: ['networking.k8s.io'], resources: ['ingresses', 'ingressclasses'], verbs: ['list', 'watch'] },
  { apiGroups: ['networking.k8s.io'], resources: ['ingresses/status'], verbs: ['patch'] },
  { apiGroups: [''], resources: ['services', 'pods', 'nodes'], verbs: ['list', 'watch'] },
  { apiGroups: [''], resources: ['secrets'], verbs: ['get'] },
  { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch'] },
  { apiGroups: ['events.k8s.io'], resources: ['events'], verbs: ['create', 'patch'] },
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get', 'list', 'watch', 'update', 'create'] },
];

/** One process with an account of its own, so that the audit log tells who wrote what. */
export interface WriterProcess {
  readonly komainu: Komainu;
  readonly account: Account;
  /** In the Lease. */
  readonly identity: string;
}

/** Reads and writes in this namespace alone, and its Lease stands there too. */
export async function startWriter(
  cluster: Cluster,
  namespace: string,
  identity: string,
  args: readonly string[] = ['--publish-address', '192.0.2.1'],
): Promise<WriterProcess> {
  const account = await makeAccount(cluster, namespace, identity);
  await grant(cluster, account, rights);
  const komainu = await startInCluster({
    ...{ kubeconfig: account.kubeconfig, podName: identity, podNamespace: namespace, shards: 1 },
    args: ['--namespaces', namespace, ...args],
  });
  return { komainu, account, identity };
}

export const leaseOf = (namespace: string) => ({
  ...{ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'komainu-leader', namespace } },
});

/** A write that the API server took. */
export interface Write {
  readonly by: string;
  readonly what: string;
  /** Milliseconds since 1970 by the API server's clock, which is ours. */
  readonly receivedMs: number;
  readonly doneMs: number;
  readonly body: unknown;
}

type Entry = AuditEntry & { readonly stageTimestamp: string };

/** Of one namespace, in the order in which the API server has taken them. */
export function writesIn(cluster: Cluster, namespace: string, resource: string): readonly Write[] {
  return (cluster.audit() as readonly Entry[])
    .filter(({ stage, verb }) => stage === 'ResponseComplete' && ['create', 'update', 'patch'].includes(verb))
    .filter(({ objectRef }) => objectRef?.namespace === namespace && objectRef.resource === resource)
    .filter(({ responseStatus }) => (responseStatus?.code ?? 500) < 300)
    .map(({ user, objectRef, verb, requestReceivedTimestamp, stageTimestamp, requestObject }) => ({
      by: user.username.split(':').at(-1) as string,
      what: `${verb} ${objectRef?.name}`,
      receivedMs: Date.parse(requestReceivedTimestamp),
      doneMs: Date.parse(stageTimestamp),
      body: requestObject,
    }))
    .sort((a, b) => a.doneMs - b.doneMs);
}

interface Reign {
  readonly holder: string;
  readonly fromMs: number;
  readonly untilMs: number;
}

/** Who held the Lease, and from when until when, as the API server knows it. */
export function reigns(cluster: Cluster, namespace: string): readonly Reign[] {
  const all: { holder: string; fromMs: number; untilMs: number }[] = [];
  for (const { body, receivedMs, doneMs } of writesIn(cluster, namespace, 'leases')) {
    const holder = (body as { spec: { holderIdentity: string } }).spec.holderIdentity;
    const last = all.at(-1);
    if (last?.holder === holder) continue;
    if (last !== undefined) last.untilMs = doneMs;
    all.push({ holder, fromMs: receivedMs, untilMs: Number.POSITIVE_INFINITY });
  }
  return all;
}

/** Writes of status and Events by one who did not hold the Lease from their beginning to their end. */
export function strayWrites(cluster: Cluster, namespace: string): readonly string[] {
  const held = reigns(cluster, namespace);
  const isHeld = ({ by, receivedMs, doneMs }: Write): boolean =>
    held.some(({ holder, fromMs, untilMs }) => holder === by && fromMs <= receivedMs && doneMs <= untilMs);
  const writes = ['ingresses', 'events'].flatMap((resource) => writesIn(cluster, namespace, resource));
  return writes
    .filter((write) => !isHeld(write))
    .map(({ by, what, receivedMs }) => `${by} ${what} at ${new Date(receivedMs).toISOString()}`);
}
