import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SERVICE_ACCOUNT_DIR } from '../../src/control/cluster/service-account.ts';
import { waitUntil } from '../support/wait-until.ts';
import { grant, grantUser, makeAccount, type PolicyRule } from './support/accounts.ts';
import { untilAnswers } from './support/ask-pod.ts';
import { type Cluster, startCluster } from './support/cluster.ts';
import { ingressClass, site } from './support/objects.ts';
import { type Pod, startPod } from './support/pods.ts';
import { startRelay } from './support/relay.ts';
import { startInCluster } from './support/start-in-cluster.ts';

const rules: readonly PolicyRule[] = [
  { apiGroups: ['networking.k8s.io'], resources: ['ingresses', 'ingressclasses'], verbs: ['list', 'watch'] },
  { apiGroups: [''], resources: ['services'], verbs: ['list', 'watch'] },
  { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch'] },
];

const folder = mkdtempSync(join(tmpdir(), 'credentials-'));
const at = (name: string): string => join(folder, name);

let cluster: Cluster;
let pod: Pod;

beforeAll(async () => {
  signClientCertificate();
  cluster = await startCluster({ apiServerFlags: [`--client-ca-file=${at('ca.crt')}`] });
  pod = await startPod('web');
  await cluster.admin.apply(ingressClass(), ...site('web', 'web.test', [pod]));
});
afterAll(async () => {
  await pod?.stop();
  await cluster?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

/** An authority, and a certificate of it for the user `certified`. */
function signClientCertificate(): void {
  const openssl = (...args: readonly string[]): void =>
    void execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.crt', '-subj', '/CN=authority', '-days', '2');
  openssl('req', ...key, '-keyout', 'client.key', '-out', 'client.csr', '-subj', '/CN=certified');
  const signing = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2'];
  openssl('x509', '-req', '-in', 'client.csr', ...signing, '-out', 'client.crt');
}

/** An account that may read what is served. */
async function reader(name: string): Promise<string> {
  const account = await makeAccount(cluster, 'komainu', name);
  await grant(cluster, account, rules);
  return account.token;
}

/** Takes the account away and waits until its token is worth nothing: what was accepted is remembered for 10 s. */
async function revoke(name: string, token: string): Promise<void> {
  await cluster.admin.remove({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace: 'komainu' } });
  const client = cluster.client(token);
  const isRefused = async (): Promise<boolean> => (await client.call('GET', '/version')).status === 401;
  await waitUntil(`the token of ${name} is refused`, isRefused, { deadlineMs: 30_000 });
}

const usersOf = (since: number): ReadonlySet<string> =>
  new Set(
    cluster
      .audit()
      .slice(since)
      .map(({ user }) => user.username),
  );

test('in a pod the token and the authority of the service account are used', async () => {
  mkdirSync(SERVICE_ACCOUNT_DIR, { recursive: true });
  writeFileSync(join(SERVICE_ACCOUNT_DIR, 'token'), await reader('pod'));
  writeFileSync(join(SERVICE_ACCOUNT_DIR, 'ca.crt'), cluster.ca);
  const env = { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: String(cluster.apiPort) };
  const since = cluster.audit().length;
  await using komainu = await startInCluster({ kubeconfig: undefined, env: { ...env, HOME: folder, KUBECONFIG: '' } });
  await untilAnswers(komainu, 'web.test', 'web');
  expect(usersOf(since)).toEqual(new Set(['system:serviceaccount:komainu:pod']));
});

test('a client certificate is a user', async () => {
  await grantUser(cluster, 'certified', rules);
  const since = cluster.audit().length;
  const user = { 'client-certificate': at('client.crt'), 'client-key': at('client.key') };
  await using komainu = await startInCluster({ kubeconfig: cluster.kubeconfig(user) });
  await untilAnswers(komainu, 'web.test', 'web');
  expect(usersOf(since)).toEqual(new Set(['certified']));
});

test('a token file that is replaced counts, and nothing is missed', async () => {
  const tokenFile = at('token');
  const first = await reader('first');
  writeFileSync(tokenFile, first);
  await using relay = await startRelay(cluster.apiPort);
  await using komainu = await startInCluster({ kubeconfig: cluster.kubeconfig({ tokenFile }, relay.url) });
  await untilAnswers(komainu, 'web.test', 'web');
  await revoke('first', first);
  relay.cut();
  await cluster.admin.apply(...site('rotated', 'rotated.test', [pod]));
  writeFileSync(`${tokenFile}.new`, await reader('second'));
  renameSync(`${tokenFile}.new`, tokenFile);
  relay.mend();
  await untilAnswers(komainu, 'rotated.test', 'web', { deadlineMs: 60_000 });
  expect(usersOf(0)).toContain('system:serviceaccount:komainu:second');
});

test('an exec plugin is asked for a token, and again when the API server does not take it any more', async () => {
  const [token, calls] = [at('plugin-token'), at('plugin-calls')];
  const first = await reader('plugged');
  writeFileSync(token, first);
  const credential = '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"%s"}}';
  const script = `echo called >> ${calls}; printf '${credential}' "$(cat ${token})"`;
  const exec = {
    ...{ apiVersion: 'client.authentication.k8s.io/v1', command: 'sh', args: ['-c', script], interactiveMode: 'Never' },
  };
  await using relay = await startRelay(cluster.apiPort);
  await using komainu = await startInCluster({ kubeconfig: cluster.kubeconfig({ exec }, relay.url) });
  await untilAnswers(komainu, 'web.test', 'web');
  const count = (): number => readFileSync(calls, 'utf8').trim().split('\n').length;
  expect(count()).toBe(1);
  writeFileSync(token, await reader('plugged-again'));
  await revoke('plugged', first);
  relay.cut();
  await cluster.admin.apply(...site('plugged', 'plugged.test', [pod]));
  relay.mend();
  await untilAnswers(komainu, 'plugged.test', 'web', { deadlineMs: 60_000 });
  expect(count()).toBe(2);
});
