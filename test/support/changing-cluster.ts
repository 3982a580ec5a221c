import { type ClusterStage, clusterIngress, clusterService, slice, startClusterStage } from './cluster-stage.ts';
import { connectionsByShard } from './live-change.ts';
import { http, type Origin, startOrigin } from './origin.ts';
import type { RawClient } from './raw-client.ts';
import type { Komainu, KomainuOptions } from './start-komainu.ts';

const homes = ['first', 'second'] as const;
type Home = (typeof homes)[number];

/** One host with an Ingress, a Service and an EndpointSlice. */
export interface Site {
  readonly name: string;
  /** What a change of it changes: which Service its Ingress names, or the endpoint of its own Service. */
  readonly changes: 'ingress' | 'slice';
  /** The origin that answers now. */
  home: Home;
  changedMs: number;
}

/** For so long after a change the former answer is no wrong one. */
const WINDOW_MS = 5_000;
const LIMIT_MS = 15_000;

/** A fake API server with many sites, which of them has to answer what, and a program that serves them. */
export class ChangingCluster implements AsyncDisposable {
  readonly stage: ClusterStage;
  readonly sites: Site[] = [];
  /** Every answer that was not right. */
  readonly wrong: string[] = [];
  asked = 0;
  readonly #firstCount: number;
  readonly #origins: ReadonlyMap<Home, Origin>;
  #komainu: Komainu | undefined;
  /** Per shard. */
  #idle: readonly RawClient[][] = [];

  constructor(stage: ClusterStage, origins: ReadonlyMap<Home, Origin>, count: number) {
    this.stage = stage;
    this.#origins = origins;
    this.#firstCount = count;
    stage.put(clusterService('shared'), slice('shared', this.#portOf('second')));
    this.grow(count);
  }

  /** Up to so many sites. */
  grow(count: number): void {
    for (let i = this.sites.length; i < count; i++) {
      const changes = i % 2 === 0 ? 'ingress' : 'slice';
      const site: Site = { name: `site-${i}`, changes, home: 'first', changedMs: performance.now() };
      this.sites.push(site);
      this.stage.put(this.#ingress(site), clusterService(site.name), this.#slice(site));
    }
  }

  get komainu(): Komainu {
    if (this.#komainu === undefined) throw new Error('not started');
    return this.#komainu;
  }

  /** With so many connections to each shard, which are what the shards are asked on. */
  async start(connections: number, options: KomainuOptions = {}, flags: readonly string[] = []): Promise<void> {
    this.#komainu = await this.stage.start(flags, options);
    this.#idle = await connectionsByShard(this.#komainu, connections);
    // One that has never carried a request is closed sooner.
    for (const [i, client] of this.#idle.flat().entries()) await this.askAny(client, i);
  }

  /** From now on the other origin has to answer. */
  change(site: Site): void {
    site.home = otherHome(site.home);
    site.changedMs = performance.now();
    this.stage.put(site.changes === 'ingress' ? this.#ingress(site) : this.#slice(site));
  }

  /** Milliseconds from the change to the first right answer, by shard. */
  async untilLive(site: Site): Promise<readonly number[]> {
    return await Promise.all(this.#idle.map((_, shard) => this.#untilShardIsLive(site, shard)));
  }

  /** One question about one of the first sites, judged. */
  async askAny(client: RawClient, index: number): Promise<void> {
    const site = this.sites[index % this.#firstCount] as Site;
    const askedMs = performance.now();
    const answer = await this.#answerOf(client, site);
    this.asked++;
    if (answer === site.home || (answer === otherHome(site.home) && site.changedMs + WINDOW_MS > askedMs)) return;
    this.wrong.push(`${site.name}: ${answer}, right is ${site.home}`);
  }

  /** Every site on every shard: what was right before is not any more. */
  async judgeAll(): Promise<void> {
    const judge = async (client: RawClient): Promise<void> => {
      for (const site of this.sites) {
        const answer = await this.#answerOf(client, site);
        this.asked++;
        if (answer !== site.home) this.wrong.push(`${site.name}: ${answer}, right is ${site.home}`);
      }
    };
    await Promise.all(this.#idle.map((clients) => judge(clients[0] as RawClient)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#idle.flat()) client[Symbol.dispose]();
    await this.stage[Symbol.asyncDispose]();
    for (const origin of this.#origins.values()) await origin.close();
  }

  async #untilShardIsLive(site: Site, shard: number): Promise<number> {
    const clients = this.#idle[shard] as RawClient[];
    const { home, changedMs } = site;
    let client = clients.pop();
    for (; client === undefined; client = clients.pop()) await new Promise((resolve) => setTimeout(resolve, 1));
    for (;;) {
      const answer = await this.#answerOf(client, site);
      this.asked++;
      const tookMs = performance.now() - changedMs;
      if (answer === home) {
        clients.push(client);
        return tookMs;
      }
      if (answer !== otherHome(home)) this.wrong.push(`${site.name}: ${answer}, right is ${home}, or the other before`);
      if (tookMs > LIMIT_MS) throw new Error(`${site.name} is not live after ${LIMIT_MS} ms`);
    }
  }

  async #answerOf(client: RawClient, { name }: Site): Promise<string> {
    const { status, text } = await client.ask([`GET /${name} HTTP/1.1`, `Host: ${name}.test`]);
    const end = ` ${name}.test /${name}`;
    return status === 200 && text.endsWith(end) ? text.slice(0, -end.length) : `${status} ${text}`;
  }

  #ingress({ name, changes, home }: Site) {
    const service = changes === 'ingress' && home === 'second' ? 'shared' : name;
    return clusterIngress(name, [{ host: `${name}.test`, service }]);
  }

  #slice({ name, changes, home }: Site) {
    return slice(name, this.#portOf(changes === 'slice' ? home : 'first'));
  }

  #portOf(home: Home): number {
    return (this.#origins.get(home) as Origin).port;
  }
}

const otherHome = (home: Home): Home => (home === 'first' ? 'second' : 'first');

export async function startChangingCluster(count: number): Promise<ChangingCluster> {
  const origins = new Map<Home, Origin>();
  for (const home of homes) {
    const answer = http((request, reply) => reply.send(200, `${home} ${request.header('Host')} ${request.target}`));
    origins.set(home, await startOrigin(answer));
  }
  return new ChangingCluster(await startClusterStage(), origins, count);
}
