import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { programPath } from './programs.ts';
import { ServerProcess } from './server-process.ts';

/** Where the servers of one cluster stand. Both can be ended and started again: ports and files stay the same. */
export interface Site {
  readonly folder: string;
  readonly etcdPort: number;
  readonly etcdPeerPort: number;
  readonly apiPort: number;
  readonly adminToken: string;
  /** Added to those of the API server. */
  readonly apiServerFlags: readonly string[];
}

/** Who called, what for, and what came of it; the administrator's own calls are left out. */
const auditPolicy = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [
    { level: 'None', userGroups: ['system:masters'] },
    { level: 'Request', verbs: ['create', 'update', 'patch', 'delete'] },
    { level: 'Metadata' },
  ],
};

export const auditFile = ({ folder }: Site): string => join(folder, 'audit.log');

/** Signed by itself when the API server starts for the first time. */
export const certificateFile = ({ folder }: Site): string => join(folder, 'certificates', 'apiserver.crt');

/** The files that the API server reads. */
export function layOut({ folder, adminToken }: Site): void {
  mkdirSync(join(folder, 'certificates'), { recursive: true });
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  writeFileSync(join(folder, 'accounts.key'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
  writeFileSync(join(folder, 'accounts.pub'), publicKey.export({ type: 'spki', format: 'pem' }));
  writeFileSync(join(folder, 'tokens.csv'), `${adminToken},admin,admin,system:masters\n`);
  writeFileSync(join(folder, 'audit.yaml'), JSON.stringify(auditPolicy));
}

export function startEtcd({ folder, etcdPort, etcdPeerPort }: Site): ServerProcess {
  const client = `http://127.0.0.1:${etcdPort}`;
  const peer = `http://127.0.0.1:${etcdPeerPort}`;
  return new ServerProcess(programPath('etcd'), [
    `--data-dir=${join(folder, 'etcd')}`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
    '--log-level=warn',
  ]);
}

export function startApiServer({ folder, etcdPort, apiPort, apiServerFlags }: Site): ServerProcess {
  const file = (name: string): string => join(folder, name);
  return new ServerProcess(programPath('kube-apiserver'), [
    `--etcd-servers=http://127.0.0.1:${etcdPort}`,
    `--secure-port=${apiPort}`,
    '--bind-address=127.0.0.1',
    // Of the pod network: it looks for a default route otherwise, and there is none.
    '--advertise-address=10.244.0.1',
    `--cert-dir=${file('certificates')}`,
    '--service-cluster-ip-range=10.96.0.0/16',
    '--authorization-mode=RBAC',
    `--token-auth-file=${file('tokens.csv')}`,
    `--service-account-key-file=${file('accounts.pub')}`,
    `--service-account-signing-key-file=${file('accounts.key')}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    // Nobody runs the pods, so nobody needs their accounts to be there first.
    '--disable-admission-plugins=ServiceAccount',
    `--audit-policy-file=${file('audit.yaml')}`,
    `--audit-log-path=${file('audit.log')}`,
    '--audit-log-mode=blocking',
    // Otherwise it waits a minute for those that watch.
    '--shutdown-watch-termination-grace-period=1s',
    ...apiServerFlags,
  ]);
}

/** What a test may want to have done by itself; nothing runs containers. */
const controllers = [
  'deployment-controller',
  'replicaset-controller',
  'endpointslice-controller',
  'endpoints-controller',
  'serviceaccount-controller',
  'namespace-controller',
  'garbage-collector-controller',
];

export const startControllers = (kubeconfig: string): ServerProcess =>
  new ServerProcess(programPath('kube-controller-manager'), [
    `--kubeconfig=${kubeconfig}`,
    `--controllers=${controllers.join(',')}`,
    '--leader-elect=false',
    '--secure-port=0',
  ]);
