import { describe, expect, test } from 'vitest';
import { type ApiAnswer, ApiUnreachable } from '../../../../src/control/cluster/api.ts';
import { type Job, WriteLane } from '../../../../src/control/leader/write-lane.ts';
import { HandClock } from '../../../support/hand-clock.ts';
import { KeptLog } from '../../../support/kept-log.ts';

const settle = () => new Promise((resolve) => setImmediate(resolve));
const answer = (status: number, retryAfterMs?: number): ApiAnswer => ({ status, body: undefined, retryAfterMs });

/** A lane with so many jobs of one request each; a job that gets no answer comes again. */
function lane(jobs: number, limits: object = {}) {
  const clock = new HandClock();
  const log = new KeptLog();
  const state = { leads: true, left: jobs, sent: 0, answers: [] as (ApiAnswer | Error | 'never')[] };
  const call = async (): Promise<ApiAnswer> => {
    state.sent++;
    const next = state.answers.shift() ?? answer(200);
    if (next instanceof Error) throw next;
    return next === 'never' ? new Promise<never>(() => {}) : next;
  };
  const job: Job = async (send) => {
    if ((await send({ method: 'PATCH', path: '/' })) === undefined) state.left++;
  };
  const next = () => (state.left > 0 && state.left-- > 0 ? job : undefined);
  const one = new WriteLane({
    api: { call, stream: () => Promise.reject(new Error()) },
    ...{ clock, log, dice: { below: () => 0, seed: () => 1 }, next, mayWrite: () => state.leads },
    ...{ inFlight: 4, perSecond: 10, burst: 20, ...limits },
  });
  return { lane: one, clock, log, state };
}

test('does so much at once, and then so much a second', async () => {
  const { lane: one, clock, state } = lane(40);
  one.wake();
  for (let i = 0; i < 20; i++) await settle();
  expect(state.sent).toBe(20);
  for (let i = 0; i < 10; i++) {
    clock.advance(100);
    await settle();
  }
  expect(state.sent).toBe(30);
});

test('has so many under way at most', async () => {
  const { lane: one, state } = lane(10);
  state.answers = Array.from({ length: 10 }, () => 'never');
  one.wake();
  await settle();
  expect(state.sent).toBe(4);
});

test('does nothing without leadership, and begins when it is woken with it', async () => {
  const { lane: one, state } = lane(3);
  state.leads = false;
  one.wake();
  await settle();
  expect(state.sent).toBe(0);
  state.leads = true;
  one.wake();
  await settle();
  expect(state.sent).toBe(3);
});

test('asks for leadership before each request of a job', async () => {
  const clock = new HandClock();
  let leads = true;
  const sent: string[] = [];
  const job: Job = async (send) => {
    await send({ method: 'GET', path: '/first' });
    leads = false;
    expect(await send({ method: 'PATCH', path: '/second' })).toBeUndefined();
  };
  const jobs = [job];
  const one = new WriteLane({
    api: {
      call: async ({ path }) => {
        sent.push(path);
        return answer(200);
      },
      stream: () => Promise.reject(new Error()),
    },
    ...{ clock, log: new KeptLog(), dice: { below: () => 0, seed: () => 1 }, mayWrite: () => leads },
    ...{ inFlight: 1, perSecond: 1, burst: 1, next: () => jobs.shift() },
  });
  one.wake();
  await settle();
  expect(sent).toEqual(['/first']);
});

describe('a pause', () => {
  test('is as long as the API server asks', async () => {
    const { lane: one, clock, state } = lane(1);
    state.answers = [answer(429, 3_000)];
    one.wake();
    await settle();
    clock.advance(2_999);
    await settle();
    expect(state.sent).toBe(1);
    clock.advance(1);
    await settle();
    expect(state.sent).toBe(2);
  });

  test.each([
    ['500', answer(500)],
    ['no answer', new ApiUnreachable('cut')],
  ])('after %s is doubled each time', async (_, bad) => {
    const { lane: one, clock, state } = lane(1);
    state.answers = Array.from({ length: 12 }, () => bad);
    one.wake();
    await settle();
    const pauses: number[] = [];
    for (let sent = 1; sent < 9; sent++) {
      let ms = 0;
      while (state.sent === sent) {
        clock.advance(250);
        ms += 250;
        await settle();
      }
      pauses.push(ms);
    }
    expect(pauses).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
  });

  test('is one for all that were under way', async () => {
    const { lane: one, clock, state } = lane(4);
    state.answers = Array.from({ length: 4 }, () => answer(503));
    one.wake();
    await settle();
    expect(state.sent).toBe(4);
    clock.advance(250);
    await settle();
    expect(state.sent).toBe(8);
  });
});

describe('a stop', () => {
  test('waits for what is under way, and begins nothing more', async () => {
    const { lane: one, state } = lane(9);
    one.wake();
    const sent = state.sent;
    await one.stop();
    expect(state.sent).toBe(sent);
    one.wake();
    expect(state.sent).toBe(sent);
  });

  test('waits for a second at most', async () => {
    const { lane: one, clock, state } = lane(1);
    state.answers = ['never'];
    one.wake();
    let ended = false;
    const stopped = one.stop().then(() => {
      ended = true;
    });
    clock.advance(999);
    await settle();
    expect(ended).toBe(false);
    clock.advance(1);
    await stopped;
  });
});

test('a job that throws is logged and harms no other', async () => {
  const clock = new HandClock();
  const log = new KeptLog();
  const done: string[] = [];
  const jobs: Job[] = [async () => Promise.reject(new Error('bug')), async () => void done.push('second')];
  const one = new WriteLane({
    api: { call: async () => answer(200), stream: () => Promise.reject(new Error()) },
    ...{ clock, log, dice: { below: () => 0, seed: () => 1 }, mayWrite: () => true },
    ...{ inFlight: 1, perSecond: 10, burst: 10, next: () => jobs.shift() },
  });
  one.wake();
  await settle();
  expect(done).toEqual(['second']);
  expect(log.of('write to the cluster went wrong')).toHaveLength(1);
});
