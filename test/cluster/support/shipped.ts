import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Komainu } from '../../support/start-komainu.ts';
import { makeAccount } from './accounts.ts';
import type { AuditEntry } from './audit.ts';
import type { Cluster } from './cluster.ts';
import type { KubeObject } from './cluster-client.ts';
import { NAMESPACE } from './rendered.ts';
import { type InClusterOptions, startInCluster } from './start-in-cluster.ts';

/** A pod of a workload of the manifests, as far as there can be one without containers: its account, settings and variables. */
export async function startShipped(
  cluster: Cluster,
  objects: readonly KubeObject[],
  name: string,
  podName: string,
  { args = [], waits = true }: Pick<InClusterOptions, 'args' | 'waits'> = {},
): Promise<Komainu> {
  const account = await makeAccount(cluster, NAMESPACE, name);
  const folder = mkdtempSync(join(tmpdir(), 'shipped-'));
  const file = join(folder, 'settings.yaml');
  const suffix = name.slice('komainu'.length);
  const wanted = new RegExp(`^komainu-settings${suffix}(?:-[a-z0-9]{10})?$`);
  const map = objects.find(({ kind, metadata }) => kind === 'ConfigMap' && wanted.test(metadata.name));
  writeFileSync(file, (map as KubeObject).data['settings.yaml']);
  const own = ['--settings', file, '--state-dir', join(folder, 'state'), '--admin-host', '127.0.0.1'];
  return await startInCluster({
    kubeconfig: account.kubeconfig,
    ...{ podName, podNamespace: NAMESPACE, args: [...own, ...args], waits },
  });
}

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

/** `list networking.k8s.io/ingresses`, `patch networking.k8s.io/ingresses/status`, `get secrets` */
const rightText = (verb: string, group: string, resource: string): string =>
  `${verb} ${group === '' ? '' : `${group}/`}${resource}`;

/** What the roles that are bound to an account let it do. */
export function rightsOf(account: string, objects: readonly KubeObject[]): ReadonlySet<string> {
  const bound = objects.filter(({ subjects }) => subjects?.some((one: { name: string }) => one.name === account));
  const roles = bound.map(({ roleRef }) =>
    objects.find(({ kind, metadata }) => kind === roleRef.kind && metadata.name === roleRef.name),
  );
  const rules = roles.flatMap((role) => role?.rules as Rule[]);
  return new Set(
    rules.flatMap(({ apiGroups, resources, verbs }) =>
      resources.flatMap((resource) => verbs.map((verb) => rightText(verb, apiGroups[0], resource))),
    ),
  );
}

/** What of it an account made use of, and what it was refused. */
export function usesOf(
  account: string,
  audit: readonly AuditEntry[],
): { readonly used: ReadonlySet<string>; readonly refused: readonly string[] } {
  const own = audit.filter(({ user }) => user.username === `system:serviceaccount:${NAMESPACE}:${account}`);
  const refused = own.filter(({ responseStatus }) => responseStatus?.code === 403 || responseStatus?.code === 401);
  const used = own.flatMap(({ verb, objectRef }) => {
    if (objectRef === undefined) return [];
    const { apiGroup = '', resource, subresource } = objectRef;
    return [rightText(verb, apiGroup, subresource === undefined ? resource : `${resource}/${subresource}`)];
  });
  return { used: new Set(used), refused: refused.map(({ verb, requestURI }) => `${verb} ${requestURI}`) };
}
