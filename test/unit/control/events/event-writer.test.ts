import { expect, test } from 'vitest';
import type { ApiAnswer, ApiRequest } from '../../../../src/control/cluster/api.ts';
import { EventWriter } from '../../../../src/control/events/event-writer.ts';
import { RefusalLedger } from '../../../../src/control/refusal-ledger.ts';
import type { Refusal } from '../../../../src/model/refusal.ts';
import { HandClock } from '../../../support/hand-clock.ts';
import { KeptLog } from '../../../support/kept-log.ts';

const settle = () => new Promise((resolve) => setImmediate(resolve));

const refusal = (name: string, message = 'no such Service', field = 'spec'): Refusal => ({
  ...{ file: '', object: { kind: 'Ingress', namespace: 'shop', name }, field, reason: 'ServiceMissing', message },
});

interface Sent {
  readonly method: string;
  readonly name: string;
}

/** A writer of Events over a server in memory that knows names only. */
function start({ names = new Set<string>(), leads = true } = {}) {
  const clock = new HandClock();
  const log = new KeptLog();
  const ledger = new RefusalLedger(log);
  const sent: Sent[] = [];
  const state = { leads, answers: [] as number[], gone: new Set<string>() };
  const listeners: ((leads: boolean) => void)[] = [];
  const call = async ({ method, path, body }: ApiRequest): Promise<ApiAnswer> => {
    const name = method === 'POST' ? (body as { metadata: { name: string } }).metadata.name : path.split('/').at(-1);
    sent.push({ method, name: name as string });
    const scripted = state.answers.shift();
    const usual = method === 'PATCH' ? (names.has(name as string) ? 200 : 404) : names.has(name as string) ? 409 : 201;
    const status = scripted ?? usual;
    if (status === 201) names.add(name as string);
    return { status, body: undefined, retryAfterMs: undefined };
  };
  const writer = new EventWriter({
    ...{ api: { call, stream: () => Promise.reject(new Error()) }, ledger, clock, log },
    dice: { below: () => 0, seed: () => 1 },
    identityOf: ({ name }) =>
      state.gone.has(name) ? undefined : { uid: `uid-${name}`, apiVersion: 'networking.k8s.io/v1' },
    leader: { mayWrite: () => state.leads, onChange: (listener) => void listeners.push(listener) },
    reporter: { controller: 'komainu.dev/ingress-controller', instance: 'komainu-0' },
    wallMs: () => clock.now(),
  });
  writer.start();
  const lead = (now: boolean): void => {
    state.leads = now;
    for (const listener of listeners) listener(now);
  };
  const pass = async (ms: number): Promise<void> => {
    for (let done = 0; done < ms; done += 50) {
      clock.advance(50);
      for (let turn = 0; turn < 4; turn++) await settle();
    }
  };
  return { writer, ledger, sent, names, state, lead, pass, log };
}

const stems = (sent: readonly Sent[]): string[] => sent.map(({ method, name }) => `${method} ${name.split('.')[0]}`);

test('each refusal that comes is told, and one that is gone again soon is not', async () => {
  const { ledger, sent, pass } = start();
  ledger.replace('routes', [refusal('web'), refusal('api')]);
  await pass(100);
  ledger.replace('routes', [refusal('web')]);
  await pass(1_000);
  expect(stems(sent)).toEqual(['POST web']);
});

test('what stands when leadership comes is told, and what an earlier leader told is known', async () => {
  const { ledger, sent, pass, lead, names } = start({ leads: false });
  ledger.replace('routes', [refusal('web'), refusal('api')]);
  await pass(1_000);
  expect(sent).toEqual([]);
  lead(true);
  await pass(1_000);
  expect(stems(sent)).toEqual(['POST web', 'POST api']);
  const next = start({ names });
  next.ledger.replace('routes', [refusal('web'), refusal('api')]);
  await next.pass(1_000);
  expect(stems(next.sent)).toEqual(['POST web', 'POST api']);
  expect(next.writer.facts()).toMatchObject({ written: 0, known: 2 });
});

test('a refusal that comes back is counted in its Event', async () => {
  const { ledger, sent, pass } = start();
  for (let round = 0; round < 2; round++) {
    ledger.replace('routes', [refusal('web')]);
    await pass(500);
    ledger.replace('routes', []);
    await pass(500);
  }
  expect(stems(sent)).toEqual(['POST web', 'PATCH web']);
});

test('what stands is told again before the API server forgets it, and made anew where it has', async () => {
  const { ledger, sent, pass, names } = start();
  ledger.replace('routes', [refusal('web'), refusal('api')]);
  await pass(500);
  names.delete(sent[1].name);
  await pass(26 * 60_000);
  expect(stems(sent.slice(2)).sort()).toEqual(['PATCH api', 'PATCH web', 'POST api']);
});

test('an object that is gone, and a document without a name, get none', async () => {
  const { ledger, sent, pass, state, writer } = start();
  state.gone.add('web');
  ledger.replace('routes', [refusal('web'), { ...refusal('x'), object: null }]);
  await pass(1_000);
  expect(sent).toEqual([]);
  expect(writer.facts()).toEqual({ written: 0, known: 0, dropped: 0, refused: 0, waiting: 0 });
});

test('of one object twenty are told, and the others do not wait for it', async () => {
  const { ledger, sent, pass, writer } = start();
  const many = Array.from({ length: 100 }, (_, i) => refusal('many', 'no such Service', `spec.rules[${i}]`));
  ledger.replace('routes', [...many, refusal('last')]);
  await pass(300);
  expect(stems(sent).slice(0, 2)).toEqual(['POST many', 'POST last']);
  await pass(1_000);
  expect(stems(sent).filter((one) => one === 'POST many')).toHaveLength(20);
  expect(writer.facts()).toMatchObject({ written: 21, dropped: 80 });
});

test('a refusal that comes and goes all the time does not make a stream of Events', async () => {
  const { ledger, sent, pass } = start();
  for (let round = 0; round < 60; round++) {
    ledger.replace('routes', [refusal('web')]);
    await pass(500);
    ledger.replace('routes', []);
    await pass(500);
  }
  expect(sent.length).toBeLessThan(25);
});

test('a thousand at once are told within a second, ten thousand at a hundred a second', async () => {
  const { ledger, sent, pass } = start();
  ledger.replace(
    'routes',
    Array.from({ length: 1_000 }, (_, i) => refusal(`a-${i}`)),
  );
  await pass(300);
  for (let turn = 0; turn < 1_000 && sent.length < 1_000; turn++) await settle();
  expect(sent).toHaveLength(1_000);
  ledger.replace(
    'others',
    Array.from({ length: 9_000 }, (_, i) => refusal(`b-${i}`)),
  );
  await pass(300);
  for (let turn = 0; turn < 1_000; turn++) await settle();
  const before = sent.length;
  expect(before).toBeLessThan(1_600);
  await pass(10_000);
  expect(sent.length - before).toBeGreaterThan(900);
  expect(sent.length - before).toBeLessThan(1_100);
});

test('nothing is lost while the API server is away, but what was mended meanwhile is not told', async () => {
  const { ledger, sent, pass, state, names } = start();
  state.answers = Array.from({ length: 5 }, () => 503);
  ledger.replace('routes', [refusal('web'), refusal('api')]);
  await pass(300);
  ledger.replace('routes', [refusal('web')]);
  await pass(60_000);
  expect([...names].map((name) => name.split('.')[0])).toEqual(['web']);
  expect(stems(sent).at(-1)).toBe('POST web');
});

test('what is refused for good is counted, and said once', async () => {
  const { ledger, sent, pass, state, writer, log } = start();
  state.answers = [403, 422];
  ledger.replace('routes', [refusal('web'), refusal('api')]);
  await pass(5_000);
  expect(sent).toHaveLength(2);
  expect(writer.facts()).toMatchObject({ refused: 2, waiting: 0 });
  expect(log.of('an Event was not taken, the next ones are counted only')).toHaveLength(1);
});

test('who leads no more says nothing more', async () => {
  const { ledger, sent, pass, lead } = start();
  ledger.replace('routes', [refusal('web')]);
  lead(false);
  ledger.replace('routes', [refusal('web'), refusal('api')]);
  await pass(30 * 60_000);
  expect(sent).toEqual([]);
});
