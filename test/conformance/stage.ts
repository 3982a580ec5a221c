import { documents, ingress, service } from '../support/manifests.ts';
import { RawClient } from '../support/raw-client.ts';
import { RecordingBackend, type Script, type Visit } from '../support/recording-backend.ts';
import { type Komainu, startKomainu } from '../support/start-komainu.ts';
import { limits } from './cases/limits.ts';

const args = {
  '--head-limit-bytes': limits.headBytes,
  '--target-limit-bytes': limits.targetBytes,
  '--header-limit': limits.headerLines,
  '--body-limit-bytes': limits.bodyBytes,
};

/** One client with an address of its own, and what the backend is told to do for it. */
export interface Guest {
  readonly client: RawClient;
  readonly visit: Visit;
}

/**
 * The real program between raw clients and a recording backend. Every host goes to the backend's first port; `/admin` of
 * `routes.test` goes to its second one.
 */
export class ConformanceStage {
  readonly komainu: Komainu;
  readonly backend: RecordingBackend;
  readonly backendPort: number;
  readonly adminPort: number;
  #guests = 0;
  #pilot: Guest | undefined;

  private constructor(komainu: Komainu, backend: RecordingBackend, backendPort: number, adminPort: number) {
    this.komainu = komainu;
    this.backend = backend;
    this.backendPort = backendPort;
    this.adminPort = adminPort;
  }

  /** `nextHop`: the port of what stands between the program and the backend; without one nothing does. */
  static async start(backend = new RecordingBackend(), nextHop?: number): Promise<ConformanceStage> {
    const [backendPort, adminPort] = [await backend.listen(), await backend.listen()];
    const defaultBackend = { service: { name: 'all', port: { number: 80 } } };
    const manifests = documents(
      ingress('all', [{ service: 'all' }], { defaultBackend }),
      ingress('routes', [
        { host: 'routes.test', service: 'all' },
        { host: 'routes.test', path: '/admin', service: 'admin' },
      ]),
      service('all', [nextHop ?? backendPort]),
      service('admin', [nextHop ?? adminPort]),
    );
    // One shard: what a second connection is answered shows what the first one was read up to.
    const flags = Object.entries(args).flatMap(([flag, value]) => [flag, String(value)]);
    const komainu = await startKomainu({ manifests: { 'all.yaml': manifests }, args: flags, shards: 1 });
    return new ConformanceStage(komainu, backend, backendPort, adminPort);
  }

  /** What comes from a new address. 127.0.0.0/8 is this host: each guest has another of its addresses. */
  await(script?: Script): Visit {
    const k = ++this.#guests;
    return this.backend.expect(`127.${1 + (k >> 16)}.${(k >> 8) & 255}.${k & 255}`, script);
  }

  async invite(script?: Script): Promise<Guest> {
    const visit = this.await(script);
    return { visit, client: await RawClient.connect(this.komainu.port(), '127.0.0.1', visit.address) };
  }

  /**
   * Resolves when the one shard has read all that was written to it before. What is ready is served in the order in
   * which it became so: a first exchange behind it takes what waits to be accepted or read, a second one what was
   * accepted on the way.
   */
  async caughtUp(): Promise<void> {
    this.#pilot ??= await this.invite();
    for (let k = 0; k < 2; k++) await this.#pilot.client.ask(['GET /caught-up HTTP/1.1', 'Host: a.test']);
  }

  /** `done`: whatever reaches the backend from there later is a fault. */
  dismiss({ client, visit }: Guest, done = true): void {
    client[Symbol.dispose]();
    if (done) this.backend.forget(visit);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.komainu[Symbol.asyncDispose]();
    await this.backend[Symbol.asyncDispose]();
  }
}
