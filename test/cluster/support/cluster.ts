import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitUntil } from '../../support/wait-until.ts';
import { type AuditEntry, readAudit } from './audit.ts';
import { ClusterClient } from './cluster-client.ts';
import {
  auditFile,
  certificateFile,
  layOut,
  type Site,
  startApiServer,
  startControllers,
  startEtcd,
} from './cluster-parts.ts';
import { kubeconfig } from './kubeconfig.ts';
import { quietPort } from './quiet-port.ts';
import type { ServerProcess } from './server-process.ts';

const START_LIMIT_MS = 60_000;

/** etcd and a kube-apiserver, with an administrator who may do everything. */
export class Cluster {
  readonly server: string;
  readonly folder: string;
  etcd: ServerProcess;
  apiServer: ServerProcess;
  readonly #site: Site;
  readonly #clients: ClusterClient[] = [];
  #controllers: ServerProcess | undefined;
  #admin: ClusterClient | undefined;
  #files = 0;

  constructor(site: Site) {
    this.#site = site;
    this.folder = site.folder;
    this.server = `https://127.0.0.1:${site.apiPort}`;
    layOut(site);
    this.etcd = startEtcd(site);
    this.apiServer = startApiServer(site);
  }

  get apiPort(): number {
    return this.#site.apiPort;
  }

  get admin(): ClusterClient {
    this.#admin ??= this.client(this.#site.adminToken);
    return this.#admin;
  }

  /** PEM. */
  get ca(): string {
    return readFileSync(certificateFile(this.#site), 'utf8');
  }

  /** PEM: a certificate and its key, for a Secret that is in order. */
  get keyPair(): { readonly certificate: string; readonly key: string } {
    const key = certificateFile(this.#site).replace(/crt$/, 'key');
    return { certificate: this.ca, key: readFileSync(key, 'utf8') };
  }

  client(token: string): ClusterClient {
    const client = new ClusterClient(this.server, this.ca, token);
    this.#clients.push(client);
    return client;
  }

  /** Path of a new kubeconfig; in `user`, what its user has: `{ token }`, `{ tokenFile }`, `{ exec }`. */
  kubeconfig(user: object = { token: this.#site.adminToken }, server = this.server): string {
    const file = join(this.folder, `kubeconfig-${this.#files++}`);
    writeFileSync(file, kubeconfig(server, this.ca, user), { mode: 0o600 });
    return file;
  }

  /** Waits until the API server takes calls. */
  async ready(): Promise<void> {
    const look = async (): Promise<boolean> => {
      if (!this.apiServer.running) throw new Error(`kube-apiserver ended: ${this.apiServer.said}`);
      if (!(await isOpen(this.#site.apiPort))) return false; // before that the certificate may be half a file
      return await this.admin.call('GET', '/readyz').then(
        ({ status }) => status === 200,
        () => false,
      );
    };
    await waitUntil('the API server is ready', look, {
      deadlineMs: START_LIMIT_MS,
      state: () => `${this.etcd.said}\n${this.apiServer.said}`,
    });
  }

  /** kube-controller-manager, for what it does with Deployments, Pods, Services and deleted Namespaces. */
  startControllers(): void {
    this.#controllers ??= startControllers(this.kubeconfig());
  }

  /** After `apiServer.kill()` or `.stop()`; resolves when it takes calls. */
  async startApiServer(): Promise<void> {
    this.apiServer = startApiServer(this.#site);
    await this.ready();
  }

  startEtcd(): void {
    this.etcd = startEtcd(this.#site);
  }

  /** Makes etcd forget what was, so that no watch can go on from there. */
  async forgetThePast(): Promise<void> {
    const call = async (path: string, body: object): Promise<{ header: { revision: string } }> => {
      const answer = await fetch(`http://127.0.0.1:${this.#site.etcdPort}/v3/kv/${path}`, {
        method: 'POST',
        body: JSON.stringify(body),
      });
      if (!answer.ok) throw new Error(`etcd: ${await answer.text()}`);
      return (await answer.json()) as { header: { revision: string } };
    };
    const { revision } = (await call('range', { key: 'AA==' })).header;
    await call('compaction', { revision, physical: true });
  }

  /** What users other than the administrator have asked of the API server so far. */
  audit(): readonly AuditEntry[] {
    return readAudit(auditFile(this.#site));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) await client.close();
    await this.#controllers?.kill();
    await this.apiServer.kill();
    await this.etcd.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export interface ClusterOptions {
  /** kube-controller-manager too. */
  readonly controllers?: boolean;
  readonly apiServerFlags?: readonly string[];
}

export async function startCluster({
  controllers = false,
  apiServerFlags = [],
}: ClusterOptions = {}): Promise<Cluster> {
  const cluster = new Cluster({
    folder: mkdtempSync(join(tmpdir(), 'cluster-')),
    etcdPort: await quietPort(),
    etcdPeerPort: await quietPort(),
    apiPort: await quietPort(),
    adminToken: randomBytes(16).toString('hex'),
    apiServerFlags,
  });
  try {
    await cluster.ready();
    if (controllers) cluster.startControllers();
    return cluster;
  } catch (error) {
    await cluster[Symbol.asyncDispose]();
    throw error;
  }
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}
