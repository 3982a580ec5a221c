import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { documents, ingress, service } from '../support/manifests.ts';
import { canned, http, type Origin, type Reply, startOrigin } from '../support/origin.ts';
import { type Answer, RawClient } from '../support/raw-client.ts';
import { type Komainu, startKomainu } from '../support/start-komainu.ts';

const NAMES = ['a', 'b', 'c', 'd'];
const ways = {
  turns: 'round-robin',
  weighted: 'weighted',
  random: 'random',
  tenant: 'hash header X-Tenant',
  address: 'hash client-address',
  sticky: 'cookie sticky',
} as const;

let origins: Origin[];
let komainu: Komainu;

beforeAll(async () => {
  origins = await Promise.all(NAMES.map((name) => startOrigin(namedOrigin(name))));
  const objects = Object.entries(ways).flatMap(([name, way]) => balanced(name, way, all()));
  komainu = await startKomainu({ manifests: { 'all.yaml': documents(...objects) } });
});
afterAll(async () => {
  await komainu[Symbol.asyncDispose]();
  for (const origin of origins) await origin.close();
});

const namedOrigin = (name: string) =>
  http((_, reply) => reply.send(200, name, [['Set-Cookie', `own=${name}`]]), { name });

/** Weights 4, 3, 2, 1. */
const all = (): string[] => origins.map(({ port }, index) => `127.0.0.1:${port} weight=${NAMES.length - index}`);

/** Host `NAME.test` and its Service with this value of the annotation. */
function balanced(name: string, way: string, endpoints: readonly string[]): object[] {
  const object = service(name, endpoints) as { metadata: { annotations: Record<string, string> } };
  object.metadata.annotations['komainu.dev/load-balancing'] = way;
  return [ingress(name, [{ host: `${name}.test`, service: name }]), object];
}

const ask = (client: RawClient, name: string, ...lines: string[]): Promise<Answer> =>
  client.ask(['GET / HTTP/1.1', `Host: ${name}.test`, ...lines]);

/** Who answered: one client after the other, so that both shards are asked. */
async function answersOf(
  clients: number,
  name: string,
  { lines = [] as string[], from = undefined as string | undefined, each = 5 } = {},
): Promise<string[]> {
  const answers: string[] = [];
  for (let i = 0; i < clients; i++) {
    using client = await RawClient.connect(komainu.port(), '127.0.0.1', from);
    for (let k = 0; k < each; k++) answers.push((await ask(client, name, ...lines)).text);
  }
  return answers;
}

const countsOf = (answers: readonly string[]): number[] =>
  NAMES.map((name) => answers.filter((answer) => answer === name).length);

test('round robin: endpoints take turns, whatever their weights', async () => {
  expect(countsOf(await answersOf(1, 'turns', { each: 40 }))).toEqual([10, 10, 10, 10]);
});

test('weighted: each endpoint has its part of every ten requests', async () => {
  const answers = await answersOf(1, 'weighted', { each: 50 });
  for (let i = 0; i < 50; i += 10) expect(countsOf(answers.slice(i, i + 10))).toEqual([4, 3, 2, 1]);
});

test('random: endpoints are drawn by their weights', async () => {
  const answers = await answersOf(1, 'random', { each: 600 });
  // Six standard deviations.
  for (const [index, share] of [240, 180, 120, 60].entries()) {
    expect(Math.abs(countsOf(answers)[index]! - share)).toBeLessThan(6 * Math.sqrt(share));
  }
  const twice = answers.filter((answer, i) => answer === answers[i + 1]).length;
  expect(twice).toBeGreaterThan(100);
});

test('hash header: a value has its endpoint in all shards, and values have different ones; without it they take turns', async () => {
  const homes = new Set<string>();
  for (let tenant = 0; tenant < 12; tenant++) {
    const answers = new Set(await answersOf(6, 'tenant', { lines: [`X-Tenant: t${tenant}`], each: 2 }));
    expect(answers.size).toBe(1);
    homes.add([...answers][0]!);
  }
  expect(homes.size).toBeGreaterThan(1);
  expect(countsOf(await answersOf(1, 'tenant', { each: 20 }))).toEqual([8, 6, 4, 2]);
});

test('hash client-address: a client has its endpoint in all shards, and clients have different ones', async () => {
  const homes = new Set<string>();
  for (let client = 1; client <= 12; client++) {
    const answers = new Set(await answersOf(6, 'address', { from: `127.0.0.${client}`, each: 2 }));
    expect(answers.size).toBe(1);
    homes.add([...answers][0]!);
  }
  expect(homes.size).toBeGreaterThan(1);
});

describe('cookie', () => {
  const setCookies = (answer: Answer): string[] => answer.headerValues('Set-Cookie');
  const ours = /^sticky=[0-9a-f]{16}; Path=\/; HttpOnly; SameSite=Lax$/;

  /** `sticky=…` as the client says it back. */
  function cookieOf(answer: Answer): string {
    const found = setCookies(answer).filter((value) => ours.test(value));
    expect(found).toHaveLength(1);
    return found[0]!.split(';')[0]!;
  }

  test('the first answer names the endpoint, later ones come from it and say nothing more', async () => {
    using client = await RawClient.connect(komainu.port());
    const homes = new Set<string>();
    for (let i = 0; i < 10; i++) {
      const first = await ask(client, 'sticky');
      expect(setCookies(first)).toContain(`own=${first.text}`);
      const line = `Cookie: theme=dark; ${cookieOf(first)}`;
      expect(new Set(await answersOf(6, 'sticky', { lines: [line], each: 2 }))).toEqual(new Set([first.text]));
      expect(setCookies(await ask(client, 'sticky', line))).toEqual([`own=${first.text}`]);
      homes.add(first.text);
    }
    expect(homes.size).toBe(4);
  });

  test('a forged token counts as none', async () => {
    using client = await RawClient.connect(komainu.port());
    for (const token of ['0'.repeat(16), '127.0.0.1:80', '', 'x'.repeat(4000)]) {
      const answer = await ask(client, 'sticky', `Cookie: sticky=${token}`);
      expect(cookieOf(answer)).not.toBe(`sticky=${token}`);
    }
  });

  test('an upgrade is an answer like any other', async () => {
    const upgrade = ['Connection: Upgrade', 'Upgrade: chat'];
    const answer = 'HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: chat\r\nX-Home: ';
    const homes = await Promise.all(['a', 'b'].map((name) => startOrigin(canned(`${answer}${name}\r\n\r\n`))));
    await komainu.write(
      'chat.yaml',
      documents(
        ...balanced(
          'chat',
          'cookie sticky',
          homes.map(({ port }) => `127.0.0.1:${port}`),
        ),
      ),
    );
    await komainu.routed('chat.test');
    const switched = async (...lines: string[]): Promise<Answer> => {
      using client = await RawClient.connect(komainu.port());
      return await ask(client, 'chat', ...upgrade, ...lines);
    };
    const first = await switched();
    expect(first.status).toBe(101);
    const cookie = `Cookie: ${cookieOf(first)}`;
    for (let i = 0; i < 6; i++) {
      const next = await switched(cookie);
      expect([next.header('X-Home'), setCookies(next)]).toEqual([first.header('X-Home'), []]);
    }
    await komainu.remove('chat.yaml');
    await komainu.routed('chat.test', false);
    for (const home of homes) await home.close();
  });

  test('an endpoint that leaves hands its clients on, and an endpoint that stays keeps them', async () => {
    const name = 'leaving.yaml';
    await komainu.write(name, documents(...balanced('leaving', 'cookie sticky', all().slice(0, 2))));
    await komainu.routed('leaving.test');
    using client = await RawClient.connect(komainu.port());
    const cookies = new Map<string, string>();
    while (cookies.size < 2) {
      const answer = await ask(client, 'leaving');
      cookies.set(answer.text, cookieOf(answer));
    }
    await komainu.write(name, documents(...balanced('leaving', 'cookie sticky', all().slice(1, 3))));
    const moved = await komainu.until('the client of a has another endpoint', async () => {
      const answer = await ask(client, 'leaving', `Cookie: ${cookies.get('a')}`);
      return answer.text !== 'a' && answer;
    });
    expect(cookieOf(moved)).not.toBe(cookies.get('a'));
    const stayed = await ask(client, 'leaving', `Cookie: ${cookies.get('b')}`);
    expect([stayed.text, setCookies(stayed)]).toEqual(['b', ['own=b']]);
    await komainu.remove(name);
    await komainu.routed('leaving.test', false);
  });

  test('an endpoint that refuses connections: the same request goes to another, whose name the answer brings', async () => {
    const gone = await startOrigin(namedOrigin('gone'));
    const endpoints = [...all().slice(0, 2), `127.0.0.1:${gone.port}`];
    await komainu.write('refusing.yaml', documents(...balanced('refusing', 'cookie sticky', endpoints)));
    await komainu.routed('refusing.test');
    using client = await RawClient.connect(komainu.port());
    const cookie = await komainu.until('the endpoint is picked', async () => {
      const answer = await ask(client, 'refusing');
      return answer.text === 'gone' && cookieOf(answer);
    });
    await gone.close();
    const answer = await ask(client, 'refusing', `Cookie: ${cookie}`);
    expect(answer.status).toBe(200);
    expect(cookieOf(answer)).not.toBe(cookie);
    await komainu.remove('refusing.yaml');
    await komainu.routed('refusing.test', false);
  });
});

test('a change of the policy is followed while connections stay open', async () => {
  const name = 'changing.yaml';
  await komainu.write(name, documents(...balanced('changing', 'round-robin', all())));
  await komainu.routed('changing.test');
  using client = await RawClient.connect(komainu.port());
  const line = 'X-Tenant: t1';
  const tellers = async (): Promise<Set<string>> => {
    const answers = new Set<string>();
    for (let i = 0; i < 8; i++) answers.add((await ask(client, 'changing', line)).text);
    return answers;
  };
  expect((await tellers()).size).toBe(4);
  await komainu.write(name, documents(...balanced('changing', 'hash header x-tenant', all())));
  await komainu.until('one endpoint answers', async () => (await tellers()).size === 1);
  await komainu.write(name, documents(...balanced('changing', 'sideways', all())));
  await komainu.until('a wrong policy is the default one', async () => (await tellers()).size === 4);
  expect((await komainu.api<{ refusals: unknown[] }>('refusals')).refusals).toContainEqual(
    expect.objectContaining({
      object: { kind: 'Service', namespace: 'default', name: 'changing' },
      field: 'metadata.annotations["komainu.dev/load-balancing"]',
    }),
  );
  await komainu.remove(name);
  await komainu.routed('changing.test', false);
});

test('least requests: an endpoint that is still busy is left to its work', async () => {
  const held: Reply[] = [];
  await using slow = await startOrigin(http((_, reply) => void held.push(reply), { name: 'slow' }));
  await using quick = await startOrigin(namedOrigin('quick'));
  const endpoints = [slow, quick].map(({ port }) => `127.0.0.1:${port}`);
  const manifests = { 'busy.yaml': documents(...balanced('busy', 'least-requests', endpoints)) };
  await using busy = await startKomainu({ manifests, shards: 1 });
  const waiting: RawClient[] = [];
  /** Requests on connections of their own, until the slow origin has so many. */
  const hold = async (count: number): Promise<void> => {
    while (held.length < count) {
      const before = held.length + quick.requests.length;
      const client = await RawClient.connect(busy.port());
      waiting.push(client);
      client.say(['GET / HTTP/1.1', 'Host: busy.test']);
      await busy.until('somebody has the request', () => held.length + quick.requests.length > before);
    }
  };
  await hold(1);
  using client = await RawClient.connect(busy.port());
  for (let i = 0; i < 30; i++) expect((await ask(client, 'busy')).text).toBe('quick');
  held[0]!.send(200, 'slow');
  await hold(2);
  for (const one of waiting) one[Symbol.dispose]();
});
