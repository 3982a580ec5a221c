import type { Cluster } from './cluster.ts';
import type { ClusterClient } from './cluster-client.ts';

/** A service account with a token of its own, as a pod has it. */
export interface Account {
  readonly namespace: string;
  readonly name: string;
  /** As the audit log calls it. */
  readonly username: string;
  readonly token: string;
  readonly client: ClusterClient;
  readonly kubeconfig: string;
}

export interface PolicyRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

/** Makes the account, and its namespace where that is missing; it may do nothing yet. */
export async function makeAccount(cluster: Cluster, namespace: string, name: string): Promise<Account> {
  await cluster.admin.apply(
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } },
  );
  const token = await requestToken(cluster, namespace, name);
  const kubeconfig = cluster.kubeconfig({ token });
  const username = `system:serviceaccount:${namespace}:${name}`;
  return { namespace, name, username, token, client: cluster.client(token), kubeconfig };
}

/** A new token of an account. */
export async function requestToken(
  cluster: Cluster,
  namespace: string,
  name: string,
  lifeSeconds = 3600,
): Promise<string> {
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
  const body = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { expirationSeconds: lifeSeconds },
  };
  const { status, text } = await cluster.admin.call('POST', path, { body });
  if (status !== 201) throw new Error(`no token for ${namespace}/${name}: ${text}`);
  return (JSON.parse(text) as { status: { token: string } }).status.token;
}

/** Lets the account do this in the whole cluster, and nothing that another call of this let it do before. */
export const grant = (
  cluster: Cluster,
  { namespace, name }: Pick<Account, 'namespace' | 'name'>,
  rules: readonly PolicyRule[],
): Promise<void> => bind(cluster, `test:${namespace}:${name}`, rules, { kind: 'ServiceAccount', namespace, name });

/** The same for somebody who is no account, such as the subject of a client certificate. */
export const grantUser = (cluster: Cluster, name: string, rules: readonly PolicyRule[]): Promise<void> =>
  bind(cluster, `test:${name}`, rules, { apiGroup: RBAC, kind: 'User', name });

const RBAC = 'rbac.authorization.k8s.io';

async function bind(cluster: Cluster, role: string, rules: readonly PolicyRule[], subject: object): Promise<void> {
  const common = { apiVersion: `${RBAC}/v1`, metadata: { name: role } };
  await cluster.admin.apply(
    { ...common, kind: 'ClusterRole', rules },
    {
      ...{ ...common, kind: 'ClusterRoleBinding', subjects: [subject] },
      roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: role },
    },
  );
}
