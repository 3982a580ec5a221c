import { newSeed, seededDice } from '../../support/dice.ts';
import { RawClient } from '../../support/raw-client.ts';
import type { Komainu } from '../../support/start-komainu.ts';
import type { ClusterClient } from './cluster-client.ts';
import { ingress, ingressClass, service, slice } from './objects.ts';
import type { Pod, PodAnswer } from './pods.ts';

/** For so long after a change what was right before it still is: two watches and two busy cores lie between. */
const WINDOW_MS = 2_000;
const SERVICES = 100;
const WRONG_LIMIT = 50;
const NOWHERE = '404';

/** What may answer a host: names of pods, or `404`. */
type Answers = ReadonlySet<string>;

interface Past {
  readonly answers: Answers;
  readonly untilMs: number;
}

interface Site {
  readonly name: string;
  readonly host: string;
  /** undefined: there is no Ingress now. */
  service: number | undefined;
  /** What was right before, youngest last. */
  past: Past[];
}

export interface Churn {
  readonly forMs: number;
  readonly perSecond: number;
  /** A connection to each shard of each replica. */
  readonly probes: readonly RawClient[];
}

/** Thousands of Ingresses that change all the time, and what each of them must answer at any moment. */
export class ChurningSites {
  readonly wrong: string[] = [];
  asked = 0;
  readonly seed = newSeed();
  readonly #client: ClusterClient;
  readonly #pods: readonly Pod[];
  readonly #dice = seededDice(this.seed);
  readonly #sites: readonly Site[];
  /** Pods of each Service. */
  readonly #services: (readonly Pod[])[];
  readonly #latenciesMs: number[] = [];
  #changes = 0;
  #probing: Promise<void> | undefined;

  constructor(client: ClusterClient, pods: readonly Pod[], count: number) {
    this.#client = client;
    this.#pods = pods;
    this.#services = Array.from({ length: SERVICES }, () => this.#somePods());
    this.#sites = Array.from({ length: count }, (_, index) => ({
      name: `churn-${index}`,
      host: `churn-${index}.test`,
      service: index % SERVICES,
      past: [],
    }));
  }

  async create(): Promise<void> {
    await this.#client.apply(ingressClass());
    await this.#client.createAll(
      this.#services.flatMap((pods, index) => [service(nameOf(index)), slice(nameOf(index), pods)]),
    );
    await this.#client.createAll(this.#sites.map((site) => this.#ingress(site)));
  }

  async churn({ forMs, perSecond, probes }: Churn): Promise<void> {
    const start = performance.now();
    for (let turn = 0; ; turn++) {
      const due = start + (turn * 1000) / perSecond;
      if (due - start >= forMs) break;
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
      await this.#change(probes);
    }
    await this.#probing;
  }

  /** One question about any host, judged. */
  async askAny(client: RawClient): Promise<void> {
    const site = this.#sites[this.#dice(this.#sites.length)];
    await this.#judge(client, site, WINDOW_MS);
  }

  /** Every host once: what was right before is not any more. */
  async judgeAll(replica: Komainu): Promise<void> {
    await replica.until('the last changes are served', async () => {
      using client = await RawClient.connect(replica.port());
      const answers = await Promise.all(this.#sites.slice(0, 1).map((site) => this.#answerOf(client, site)));
      return answers.every((answer, index) => this.#now(this.#sites[index]).has(answer));
    });
    using client = await RawClient.connect(replica.port());
    const settledMs = performance.now() + WINDOW_MS;
    while (performance.now() < settledMs) await this.askAny(client);
    for (const site of this.#sites) await this.#judge(client, site, 0);
  }

  report(): object {
    const sorted = [...this.#latenciesMs].sort((a, b) => a - b);
    const at = (share: number): number => Math.round((sorted[Math.floor(share * (sorted.length - 1))] ?? -1) * 10) / 10;
    return {
      seed: this.seed,
      changes: this.#changes,
      asked: this.asked,
      wrong: this.wrong.length,
      liveOnEveryShardMs: { samples: sorted.length, p50: at(0.5), p99: at(0.99), longest: at(1) },
    };
  }

  async #change(probes: readonly RawClient[]): Promise<void> {
    this.#changes++;
    const kind = this.#dice(4);
    if (kind === 0) return this.#movePods(this.#dice(SERVICES));
    const site = this.#sites[this.#dice(this.#sites.length)];
    if (kind === 1) return site.service === undefined ? this.#route(site, probes) : this.#remove(site);
    return this.#route(site, probes);
  }

  async #movePods(index: number): Promise<void> {
    const before = namesOf(this.#services[index]);
    const pods = this.#somePods();
    const affected = this.#sites.filter((site) => site.service === index);
    const past = { answers: before, untilMs: Number.POSITIVE_INFINITY };
    this.#services[index] = pods;
    for (const site of affected) site.past.push(past);
    await this.#client.apply(slice(nameOf(index), pods));
    for (const site of affected) end(site, past);
  }

  async #remove(site: Site): Promise<void> {
    const past = this.#leave(site);
    site.service = undefined;
    await this.#client.remove(this.#ingress(site));
    end(site, past);
  }

  async #route(site: Site, probes: readonly RawClient[]): Promise<void> {
    const before = this.#now(site);
    const past = this.#leave(site);
    site.service = this.#dice(SERVICES);
    await this.#client.apply(this.#ingress(site));
    end(site, past);
    const fresh = [...this.#now(site)].filter((answer) => !before.has(answer));
    const all = fresh.length === this.#now(site).size;
    if (all && this.#probing === undefined) {
      this.#probing = this.#probe(site, probes, performance.now()).finally(() => {
        this.#probing = undefined;
      });
    }
  }

  /** From the answer of the API server to the first right answer of the last shard, unless the site changes meanwhile. */
  async #probe(site: Site, probes: readonly RawClient[], sinceMs: number): Promise<void> {
    const wanted = this.#now(site);
    const asking = probes.map(async (client) => {
      while (!wanted.has(await this.#answerOf(client, site))) {
        if (performance.now() - sinceMs > WINDOW_MS || !same(wanted, this.#now(site))) return undefined;
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      return performance.now() - sinceMs;
    });
    const times = await Promise.all(asking);
    if (times.every((time) => time !== undefined)) this.#latenciesMs.push(Math.max(...times));
    else if (same(wanted, this.#now(site))) this.#note(`${site.host}: not live after ${WINDOW_MS} ms`);
  }

  async #judge(client: RawClient, site: Site, windowMs: number): Promise<void> {
    const askedMs = performance.now();
    const before = this.#now(site);
    const answer = await this.#answerOf(client, site);
    this.asked++;
    if (before.has(answer) || this.#now(site).has(answer)) return;
    if (site.past.some(({ answers, untilMs }) => untilMs + windowMs >= askedMs && answers.has(answer))) return;
    this.#note(`${site.host}: ${answer}, right is ${[...this.#now(site)].join(' or ')}`);
  }

  async #answerOf(client: RawClient, { host }: Site): Promise<string> {
    const { status, text } = await client.ask(['GET / HTTP/1.1', `Host: ${host}`]);
    return status === 200 ? (JSON.parse(text) as PodAnswer).pod : `${status}`;
  }

  #note(line: string): void {
    if (this.wrong.length < WRONG_LIMIT) this.wrong.push(line);
  }

  #now({ service }: Site): Answers {
    return service === undefined ? new Set([NOWHERE]) : namesOf(this.#services[service]);
  }

  #leave(site: Site): Past {
    const past = { answers: this.#now(site), untilMs: Number.POSITIVE_INFINITY };
    site.past.push(past);
    return past;
  }

  #ingress(site: Site): object {
    return ingress(site.name, [{ host: site.host, service: nameOf(site.service ?? 0) }]);
  }

  /** One to three. */
  #somePods(): readonly Pod[] {
    const first = this.#dice(this.#pods.length);
    return Array.from({ length: 1 + this.#dice(3) }, (_, k) => this.#pods[(first + k) % this.#pods.length]);
  }
}

const nameOf = (index: number): string => `churn-${index}`;

const namesOf = (pods: readonly Pod[]): Answers => new Set(pods.map(({ name }) => name));

const same = (a: Answers, b: Answers): boolean => a.size === b.size && [...a].every((one) => b.has(one));

/** The write is done; older pasts than the window are forgotten. */
function end(site: Site, past: Past): void {
  const nowMs = performance.now();
  const ended = { ...past, untilMs: nowMs };
  site.past = site.past.map((one) => (one === past ? ended : one)).filter(({ untilMs }) => untilMs + WINDOW_MS > nowMs);
}
