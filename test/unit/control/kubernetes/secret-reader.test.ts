import { expect, test } from 'vitest';
import type { Dice } from '../../../../src/base/dice.ts';
import { type ApiAnswer, type ApiRequest, ApiUnreachable } from '../../../../src/control/cluster/api.ts';
import { type SecretName, SecretReader } from '../../../../src/control/sources/kubernetes/secret-reader.ts';
import { HandClock } from '../../../support/hand-clock.ts';
import { KeptLog } from '../../../support/kept-log.ts';

const noDice: Dice = { below: () => 0, seed: () => 0 };
const named = (name: string): SecretName => ({ namespace: 'shop', name });
const found = (name: string, version = '1'): ApiAnswer => ({
  status: 200,
  body: { kind: 'Secret', metadata: { namespace: 'shop', name, uid: 'u', resourceVersion: version }, type: 'Opaque' },
  retryAfterMs: undefined,
});
const refused = (status: number, retryAfterMs?: number): ApiAnswer => ({
  status,
  body: { kind: 'Status' },
  retryAfterMs,
});

/** A reader before an API server that a test answers for. */
class Scene {
  readonly clock = new HandClock();
  readonly log = new KeptLog();
  readonly asked: string[] = [];
  readonly told: string[] = [];
  atOnce = 0;
  mostAtOnce = 0;
  answer: (name: string) => ApiAnswer | Promise<ApiAnswer> = (name) => found(name);
  readonly reader = new SecretReader({
    ...{ api: { call: (request) => this.#call(request) }, clock: this.clock, dice: noDice, log: this.log },
    read: ({ name }, watched) => this.told.push(`${name} ${watched === undefined ? 'missing' : 'there'}`),
    stirred: () => {},
  });

  /** Lets everything run that needs no time, then time, in steps. */
  async pass(ms = 0, step = 50): Promise<void> {
    for (let gone = 0; gone <= ms; gone += step) {
      for (let i = 0; i < 20; i++) await Promise.resolve();
      if (gone < ms) this.clock.advance(step);
    }
  }

  async #call({ method, path }: ApiRequest): Promise<ApiAnswer> {
    expect(method).toBe('GET');
    const name = /^\/api\/v1\/namespaces\/shop\/secrets\/([^/?]+)$/.exec(path)?.[1] as string;
    this.asked.push(name);
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.atOnce);
    try {
      await Promise.resolve();
      return await this.answer(name);
    } finally {
      this.atOnce--;
    }
  }
}

test('those that nothing is known of are read at once, eight at a time', async () => {
  const scene = new Scene();
  for (let i = 0; i < 30; i++) scene.reader.want(named(`s${i}`));
  expect(scene.reader.report()).toMatchObject({ synced: false });
  await scene.pass();
  for (let i = 0; i < 10; i++) await scene.pass();
  expect(new Set(scene.asked).size).toBe(30);
  expect(scene.mostAtOnce).toBe(8);
  expect(scene.reader.report()).toMatchObject({ state: 'watching', synced: true, objects: 30, lists: 30, watches: 0 });
});

test('then each in its turn, once in ten seconds, and only what changed is told', async () => {
  const scene = new Scene();
  for (const name of ['a', 'b']) scene.reader.want(named(name));
  await scene.pass();
  scene.asked.length = scene.told.length = 0;
  await scene.pass(20_000);
  expect(scene.asked).toEqual(['a', 'b', 'a', 'b']);
  expect(scene.told).toEqual([]);
  scene.answer = (name) => (name === 'a' ? found(name, '2') : refused(404));
  await scene.pass(10_000);
  expect(scene.told.sort()).toEqual(['a there', 'b missing']);
  expect([scene.reader.isMissing(named('a')), scene.reader.isMissing(named('b'))]).toEqual([false, true]);
});

test('very many are read at twenty a second', async () => {
  const scene = new Scene();
  for (let i = 0; i < 1000; i++) scene.reader.want(named(`s${i}`));
  while (!scene.reader.report().synced) await scene.pass();
  scene.asked.length = 0;
  await scene.pass(10_000);
  expect(scene.asked.length).toBeGreaterThan(190);
  expect(scene.asked.length).toBeLessThanOrEqual(200);
});

test('one that is wanted later does not wait for its turn', async () => {
  const scene = new Scene();
  scene.reader.want(named('a'));
  await scene.pass(100);
  scene.reader.want(named('b'));
  await scene.pass();
  expect(scene.asked).toEqual(['a', 'b']);
});

test('one that nobody names any more is not read, not even when its answer is on the way', async () => {
  const scene = new Scene();
  const late = Promise.withResolvers<ApiAnswer>();
  scene.answer = () => late.promise;
  scene.reader.want(named('a'));
  await scene.pass();
  scene.reader.forget(named('a'));
  late.resolve(found('a'));
  await scene.pass(30_000);
  expect(scene.asked).toEqual(['a']);
  expect(scene.told).toEqual([]);
  expect(scene.reader.isUsed).toBe(false);
});

test('while the API server is away what is known stays, and the pauses grow', async () => {
  const scene = new Scene();
  scene.reader.want(named('a'));
  await scene.pass();
  scene.answer = () => Promise.reject(new ApiUnreachable('refused'));
  await scene.pass(60_000);
  expect(scene.reader.report()).toMatchObject({ state: 'waiting', synced: true, objects: 1, lastError: 'refused' });
  expect(scene.asked.length).toBeLessThan(12);
  expect(scene.told).toEqual(['a there']);
  scene.answer = (name) => found(name, '2');
  await scene.pass(31_000);
  expect(scene.reader.report()).toMatchObject({ state: 'watching', lastError: undefined });
  expect(scene.told).toEqual(['a there', 'a there']);
  expect(scene.log.lines.map(({ message }) => message)).toEqual([
    'Secrets cannot be read, what is known stays',
    'Secrets are read again',
  ]);
});

test('what the server asks for in Retry-After is waited', async () => {
  const scene = new Scene();
  scene.answer = () => refused(429, 5_000);
  scene.reader.want(named('a'));
  await scene.pass(4_900);
  expect(scene.asked).toHaveLength(1);
  await scene.pass(200);
  expect(scene.asked).toHaveLength(2);
});

test.each<[string, ApiAnswer]>([
  ['a 404 that is not of the API server', { status: 404, body: 'not here', retryAfterMs: undefined }],
  ['another Secret', found('other')],
  ['no object', { status: 200, body: undefined, retryAfterMs: undefined }],
  ['500', refused(500)],
])('%s is no answer: nothing is missing', async (_, answer) => {
  const scene = new Scene();
  scene.answer = () => answer;
  scene.reader.want(named('a'));
  await scene.pass(100);
  expect(scene.told).toEqual([]);
  expect(scene.reader.isMissing(named('a'))).toBe(false);
  expect(scene.reader.report()).toMatchObject({ state: 'waiting', synced: false });
});

test('one that may not be read harms no other, and when one may be read again all are asked for', async () => {
  const scene = new Scene();
  const forbidden = new Set(['a', 'b']);
  scene.answer = (name) => (forbidden.has(name) ? refused(403) : found(name));
  for (const name of ['a', 'b', 'c']) scene.reader.want(named(name));
  await scene.pass();
  expect(scene.reader.report()).toMatchObject({ state: 'forbidden', synced: true, objects: 1 });
  expect(scene.reader.isMissing(named('a'))).toBe(false);
  forbidden.clear();
  await scene.pass(10_000);
  expect(scene.reader.report()).toMatchObject({ state: 'watching', objects: 3 });
});

test('after the stop nothing is asked', async () => {
  const scene = new Scene();
  scene.reader.want(named('a'));
  await scene.pass();
  scene.reader.stop();
  await scene.pass(60_000);
  expect(scene.asked).toHaveLength(1);
  expect(scene.reader.report().state).toBe('stopped');
});
