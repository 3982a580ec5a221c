import { expect, test } from 'vitest';
import type { Stage } from '../../src/table/shard-words.ts';
import { answerText, ChaosEndpoint } from '../support/chaos-endpoint.ts';
import { newSeed, seededDice } from '../support/dice.ts';
import { documents, ingress, service } from '../support/manifests.ts';
import { type Answer, get, RawClient } from '../support/raw-client.ts';
import { type FaultyKomainu, startFaulty } from '../support/shard-faults.ts';
import { waitUntil } from '../support/wait-until.ts';

const CHAOS_MS = Number(process.env.KOMAINU_CHAOS_MS ?? 10_000);
const LANES = 40;
const ENDPOINTS = 5;
const PROXIED = 'proxied.test';
const HOSTS = ['plain.test', 'cookie.test', 'single.test', PROXIED];
const policies = [
  'round-robin',
  'weighted',
  'least-requests',
  'random',
  'hash client-address',
  'hash header client-port',
];
const stages: readonly Stage[] = [
  'accept',
  'client-bytes',
  'client-event',
  'upstream-bytes',
  'upstream-event',
  'timer',
];
const kinds = ['throw', 'exit', 'reject'] as const;

const seed = newSeed();
const dice = seededDice(seed);
const choose = <T>(list: readonly T[]): T => list[dice(list.length)] as T;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const limits = {
  'upstream-connection-limit': 2,
  'upstream-queue-limit': 8,
  'upstream-queue-ms': 600,
  'upstream-idle-ms': 700,
  'answer-timeout-ms': 800,
  'body-timeout-ms': 3000,
  'eject-after-failures': 3,
  'grace-ms': 1500,
};

/** One connection of a client. */
interface Visit {
  readonly client: RawClient;
  /** `Chaos.kills` when it began. */
  readonly kills: number;
  readonly answered: string[];
}

/** All of what was asked and what came of it. */
class Chaos {
  readonly faulty: FaultyKomainu;
  readonly endpoints: readonly ChaosEndpoint[];
  readonly proxied: readonly ChaosEndpoint[];
  readonly outcomes: Record<string, number> = {};
  readonly wrong: string[] = [];
  readonly posts = new Set<string>();
  kills = 0;
  #dying = false;
  #changing = true;
  over = false;
  #ids = 0;

  constructor(faulty: FaultyKomainu, endpoints: readonly ChaosEndpoint[], proxied: readonly ChaosEndpoint[]) {
    this.faulty = faulty;
    this.endpoints = endpoints;
    this.proxied = proxied;
  }

  get all(): readonly ChaosEndpoint[] {
    return [...this.endpoints, ...this.proxied];
  }

  note(outcome: string): void {
    this.outcomes[outcome] = (this.outcomes[outcome] ?? 0) + 1;
  }

  // ── what is asked ──────────────────────────────────────────────────────────────────────────────────────────────────

  async lane(): Promise<void> {
    while (!this.over) await this.#visit();
  }

  /** Some requests on one connection. */
  async #visit(): Promise<void> {
    const { kills } = this;
    using client = await RawClient.connect(this.faulty.komainu.port()).catch(() => undefined);
    if (client === undefined) return this.#refused(kills);
    const visit: Visit = { client, kills, answered: [] };
    for (let left = 1 + dice(8); left > 0 && !this.over; left--) {
      const ids = [this.#say(visit)];
      if (dice(6) === 0) ids.push(this.#say(visit));
      if (dice(12) === 0) return this.#leave(client);
      if (!(await this.#hear(visit, ids))) return;
    }
  }

  /** Connections that wait in the accept queue of a shard go with it. */
  #refused(kills: number): void {
    if (this.#dying || this.kills > kills) this.note('killed');
    else this.wrong.push('a connection was refused');
  }

  #say({ client }: Visit): string {
    const post = dice(3) === 0;
    const id = `${post ? 'post' : 'get'}-${this.#ids++}`;
    if (post) this.posts.add(id);
    const lines = [
      `${post ? 'POST' : 'GET'} /${id} HTTP/1.1`,
      `Host: ${choose(HOSTS)}`,
      `Client-Port: ${client.localPort}`,
    ];
    const body = 'x'.repeat(choose([0, 10, 1000, 100_000]));
    if (!post) client.say(lines);
    else if (body === '' || dice(2) === 0) client.say([...lines, `Content-Length: ${body.length}`], body);
    else client.say([...lines, 'Transfer-Encoding: chunked'], `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`);
    return id;
  }

  async #leave(client: RawClient): Promise<void> {
    await pause(dice(60));
    client.reset();
    this.note('left');
  }

  // ── what came of it ────────────────────────────────────────────────────────────────────────────────────────────────

  /** True while the connection can go on. */
  async #hear(visit: Visit, ids: readonly string[]): Promise<boolean> {
    for (const id of ids) {
      try {
        const answer = await visit.client.answer(id.startsWith('post') ? 'POST' : 'GET');
        this.#judge(id, answer);
        visit.answered.push(id);
        if (answer.framing === 'until-close' || answer.header('Connection') === 'close') return false;
      } catch (error) {
        this.#judgeCut(id, visit, (error as Error).message);
        return false;
      }
    }
    return true;
  }

  #judge(id: string, { status, text }: Answer): void {
    this.note(String(status));
    const whole = text === answerText(id, text.length / (id.length + 1));
    const fromEndpoint = whole && [200, 413, 503].includes(status);
    const own = [500, 502, 503, 504].includes(status) && text.includes('Request id: ');
    if (!fromEndpoint && !own) this.wrong.push(`${id}: ${status} ${JSON.stringify(text.slice(0, 200))}`);
  }

  /** It must be for a reason; and a connection that says nothing at all any more is never right. */
  #judgeCut(id: string, { kills, answered }: Visit, what: string): void {
    const has = (set: 'torn' | 'early', one: string): boolean => this.all.some((endpoint) => endpoint[set].has(one));
    const reasons = {
      torn: has('torn', id),
      killed: this.#dying || this.kills > kills,
      afterEarly: answered.some((one) => has('early', one)), // the rest of that request's body was not waited for
    };
    const reason = Object.entries(reasons).find(([, holds]) => holds)?.[0];
    if (/ended|before/.test(what) && reason !== undefined) this.note(reason);
    else this.wrong.push(`${id}: ${what}`);
  }

  // ── what changes meanwhile ─────────────────────────────────────────────────────────────────────────────────────────

  async change(): Promise<void> {
    while (this.#changing) {
      await this.faulty.komainu.write(
        'chaos.yaml',
        this.manifests(() => dice(3) > 0),
      );
      await pause(20 + dice(150));
    }
  }

  /** `has`: whether an endpoint is listed. */
  manifests(has: () => boolean): string {
    const policyOf: Record<string, string> = { 'plain.test': choose(policies), 'cookie.test': 'cookie stick' };
    const objects = HOSTS.map((host) => {
      const name = host.slice(0, -5);
      const from =
        host === PROXIED ? this.proxied : host === 'single.test' ? this.endpoints.slice(0, 1) : this.endpoints;
      const listed = from.filter(has).map(({ port }) => `127.0.0.1:${port} weight=${1 + dice(1000)}`);
      const made = service(name, listed) as { metadata: { annotations: Record<string, string> } };
      const { annotations } = made.metadata;
      if (policyOf[host] !== undefined) annotations['komainu.dev/load-balancing'] = policyOf[host];
      if (host === PROXIED) annotations['komainu.dev/proxy-protocol'] = 'v1';
      return [ingress(name, [{ host, service: name }]), made];
    });
    return documents(...objects.flat());
  }

  async kill(): Promise<void> {
    while (this.#changing) {
      await pause(1000 + dice(1500));
      this.#dying = true;
      this.faulty.arm({ stage: choose(stages), kind: choose(kinds) });
      await waitUntil('a shard fails', () => this.faulty.happened);
      await this.faulty.komainu.until('it is replaced', async () => {
        const shards = await this.faulty.komainu.shards();
        const restarts = shards.reduce((sum, shard) => sum + shard.restarts, 0);
        return restarts > this.kills && shards.every(({ state }) => state === 'serving');
      });
      this.kills++;
      this.#dying = false;
    }
  }

  async goAway(): Promise<void> {
    while (this.#changing) {
      await pause(dice(1000));
      await choose(this.all).away(dice(500));
    }
  }

  async run(): Promise<void> {
    const changes = [this.change(), this.kill(), this.goAway()];
    const lanes = Array.from({ length: LANES }, () => this.lane());
    await Promise.race([pause(CHAOS_MS), ...changes, ...lanes]);
    this.#changing = false;
    await Promise.all(changes); // while requests still come, or no shard would get to where it is to fail
    this.over = true;
    await Promise.all(lanes);
  }

  /** All endpoints are there and well. */
  async calm(): Promise<void> {
    for (const endpoint of this.all) endpoint.calm = true;
    await this.faulty.komainu.write(
      'chaos.yaml',
      this.manifests(() => true),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#changing = false;
    this.over = true;
    await this.faulty[Symbol.asyncDispose]();
    for (const endpoint of this.all) await endpoint.close();
  }
}

async function startChaos(): Promise<Chaos> {
  const endpoints: ChaosEndpoint[] = [];
  while (endpoints.length < ENDPOINTS + 2)
    endpoints.push(await ChaosEndpoint.start(dice, endpoints.length >= ENDPOINTS));
  const args = Object.entries(limits).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const faulty = await startFaulty({ args, manifests: {} });
  const chaos = new Chaos(faulty, endpoints.slice(0, ENDPOINTS), endpoints.slice(ENDPOINTS));
  await faulty.komainu.write(
    'chaos.yaml',
    chaos.manifests(() => true),
  );
  await faulty.komainu.routed(HOSTS[0] as string);
  return chaos;
}

const gauges = ['connections_open', 'requests_active', 'upstream_waiting', 'upstream_connections_open'];

test('whatever endpoints, clients, the folder and shards do: answers are right or honest, and nothing is left behind', async () => {
  await using chaos = await startChaos();
  const { komainu } = chaos.faulty;
  await chaos.run();
  console.log('seed', seed, 'kills', chaos.kills, JSON.stringify(chaos.outcomes));
  expect(chaos.wrong, `seed ${seed}`).toEqual([]);
  expect(chaos.all.flatMap(({ mixups }) => mixups)).toEqual([]);
  const times = (id: string): number => chaos.all.reduce((sum, { delivered }) => sum + (delivered.get(id) ?? 0), 0);
  const ids = new Set(chaos.all.flatMap(({ delivered }) => [...delivered.keys()]));
  expect([...ids].filter((id) => times(id) > (chaos.posts.has(id) ? 1 : 2))).toEqual([]);

  await chaos.calm();
  await komainu.until('every shard serves', async () =>
    (await komainu.shards()).every(({ state }) => state === 'serving'),
  );
  for (const host of HOSTS.filter((host) => host !== PROXIED)) {
    await waitUntil(`${host} is well`, async () => (await get(komainu.port(), host, '/after')).status === 200);
  }
  let left: readonly (readonly [string, number | undefined])[] = [];
  await waitUntil(
    'nothing is left',
    async () => {
      const metrics = await komainu.metrics();
      left = gauges.map((name) => [name, metrics.get(`komainu_${name}`)]);
      return left.every(([, count]) => count === 0);
    },
    { state: () => left },
  );
});
