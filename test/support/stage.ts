import { documents, ingress, service } from './manifests.ts';
import { canned, http, Origin, type Serve } from './origin.ts';
import { type Answer, ask, RawClient } from './raw-client.ts';
import { type Komainu, type KomainuOptions, startKomainu } from './start-komainu.ts';

/** One test's own host and the origin behind it. */
export interface Scene {
  readonly host: string;
  readonly origin: Origin;
  readonly port: number;
  connect(): Promise<RawClient>;
  /** One request on a connection of its own. The Host line is put in after the first line. */
  ask(lines: readonly string[], body?: string | Buffer): Promise<Answer>;
  get(target?: string): Promise<Answer>;
}

/** A running program with many hosts, each with an origin of its own, so that the tests of a file share one start. */
export class Stage {
  readonly komainu: Komainu;
  readonly #origins: readonly Origin[];
  #taken = 0;

  constructor(komainu: Komainu, origins: readonly Origin[]) {
    this.komainu = komainu;
    this.#origins = origins;
  }

  /** A host and an origin that no other test of the file uses. */
  take(serve: Serve = http()): Scene {
    const origin = this.#origins[this.#taken];
    if (origin === undefined) throw new Error('the stage has no more hosts: start it with more');
    const host = hostOf(this.#taken++);
    origin.serve = serve;
    const port = this.komainu.port();
    const askHere = (lines: readonly string[], body: string | Buffer = ''): Promise<Answer> =>
      ask(port, withHost(lines, host), body);
    return {
      host,
      origin,
      port,
      connect: () => RawClient.connect(port),
      ask: askHere,
      get: (target = '/') => askHere([`GET ${target} HTTP/1.1`]),
    };
  }

  /** What went wrong inside the origins so far. */
  faults(): readonly unknown[] {
    return this.#origins.flatMap((origin) => origin.faults.splice(0));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.komainu[Symbol.asyncDispose]();
    for (const origin of this.#origins) await origin.close();
  }
}

const hostOf = (index: number): string => `h${index}.test`;

export const withHost = (lines: readonly string[], host: string): string[] => [
  lines[0],
  `Host: ${host}`,
  ...lines.slice(1),
];

export async function startStage(hosts: number, options: KomainuOptions = {}): Promise<Stage> {
  const origins: Origin[] = [];
  while (origins.length < hosts) origins.push(await new Origin(canned('HTTP/1.1 500 Idle\r\n\r\n')).listen());
  const objects = origins.flatMap((origin, index) => {
    const name = `h${index}`;
    return [ingress(name, [{ host: hostOf(index), service: name }]), service(name, [origin.port])];
  });
  const komainu = await startKomainu({
    ...options,
    manifests: { 'stage.yaml': documents(...objects), ...options.manifests },
  });
  return new Stage(komainu, origins);
}
