import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CertificatePair, pairs } from './certificate-pairs.ts';
import { type FakeApi, startFakeApi } from './fake-api/fake-api.ts';
import type { Raw } from './fake-api/raw.ts';
import { ingress, type RouteLine } from './manifests.ts';
import { http, type Origin, startOrigin } from './origin.ts';
import { type Answer, ask } from './raw-client.ts';
import { type Komainu, type KomainuOptions, startKomainu } from './start-komainu.ts';

/** Objects as a cluster has them. */

export const ingressClass = (name = 'komainu'): Raw => ({
  kind: 'IngressClass',
  metadata: { name },
  spec: { controller: 'komainu.dev/ingress-controller' },
});

export const clusterIngress = (name: string, lines: readonly RouteLine[], namespace = 'default', spec = {}): Raw => {
  const made = ingress(name, lines, { ingressClassName: 'komainu', ...spec }) as Raw;
  return { ...made, metadata: { name, namespace } };
};

export const clusterService = (name: string, namespace = 'default'): Raw => ({
  kind: 'Service',
  metadata: { name, namespace },
  spec: { ports: [{ port: 80, targetPort: 8080 }] },
});

/** Endpoints on 127.0.0.1 need a slice each, since a slice has one port for all of its addresses. */
export const slice = (service: string, port: number, namespace = 'default', name = `${service}-0`): Raw => ({
  kind: 'EndpointSlice',
  metadata: { name, namespace, labels: { 'kubernetes.io/service-name': service } },
  addressType: 'IPv4',
  ports: [{ name: '', port, protocol: 'TCP' }],
  endpoints: [{ addresses: ['127.0.0.1'], conditions: { ready: true } }],
});

/** A host, the Service of the same name and its one endpoint. */
export const wholeRoute = (name: string, port: number, namespace = 'default'): Raw[] => [
  clusterIngress(name, [{ host: `${name}.test`, service: name }], namespace),
  clusterService(name, namespace),
  slice(name, port, namespace),
];

/** A fake API server, an origin that says who asked it, and a folder for kubeconfig and state. */
export class ClusterStage implements AsyncDisposable {
  readonly api: FakeApi;
  readonly origin: Origin;
  readonly folder = mkdtempSync(join(tmpdir(), 'komainu-cluster-'));
  readonly #programs: Komainu[] = [];

  constructor(api: FakeApi, origin: Origin) {
    this.api = api;
    this.origin = origin;
  }

  put(...objects: readonly Raw[]): void {
    for (const object of objects) this.api.put(object);
  }

  /** Hosts `NAME.test` that the origin answers. */
  route(...names: readonly string[]): void {
    for (const name of names) this.put(...wholeRoute(name, this.origin.port));
  }

  flags(...more: readonly string[]): string[] {
    return ['--kubernetes', '--kubeconfig', this.api.kubeconfig(this.folder), ...more];
  }

  async start(args: readonly string[] = [], options: KomainuOptions = {}): Promise<Komainu> {
    const komainu = await startKomainu({ ...options, args: this.flags(...args) });
    this.#programs.push(komainu);
    return komainu;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#programs.map((komainu) => komainu[Symbol.asyncDispose]()));
    await this.api[Symbol.asyncDispose]();
    await this.origin.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export async function startClusterStage(): Promise<ClusterStage> {
  const origin = await startOrigin(
    http((request, reply) => reply.send(200, `${request.header('Host')} ${request.target}`)),
  );
  const stage = new ClusterStage(await startFakeApi(), origin);
  stage.put(ingressClass());
  return stage;
}

export const get = (komainu: Komainu, host: string, target = '/'): Promise<Answer> =>
  ask(komainu.port(), [`GET ${target} HTTP/1.1`, `Host: ${host}`, 'Connection: close']);

/** Waits until a host gets this status. */
export const answers = (komainu: Komainu, host: string, status: number, deadlineMs?: number): Promise<Answer> =>
  komainu.until(
    `${host} answers ${status}`,
    async () => {
      const answer = await get(komainu, host);
      return answer.status === status && answer;
    },
    deadlineMs,
  );

const base64 = (text: string): string => Buffer.from(text).toString('base64');

export const tlsSecret = (name: string, namespace = 'default', pair: CertificatePair = pairs[0]): Raw => ({
  kind: 'Secret',
  metadata: { name, namespace },
  type: 'kubernetes.io/tls',
  data: { 'tls.crt': base64(pair.certificate), 'tls.key': base64(pair.key) },
});
