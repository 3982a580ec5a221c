import { afterEach, describe, expect, test } from 'vitest';
import { ApiUnreachable } from '../../../../src/control/cluster/api.ts';
import { Leader } from '../../../../src/control/leader/leader.ts';
import type { Moment } from '../../../../src/control/leader/moment.ts';
import { HandClock } from '../../../support/hand-clock.ts';
import { KeptLog } from '../../../support/kept-log.ts';
import { LeaseServer } from '../../../support/lease-server.ts';

const WALL_MS = Date.UTC(2026, 0, 1);
const dice = { below: () => 0, seed: () => 1 };
const started: Leader[] = [];

/** All that has been answered is known. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

async function pass(clock: HandClock, ms: number): Promise<void> {
  for (let done = 0; done < ms; done += 50) {
    clock.advance(50);
    await settle();
  }
}

interface Extra {
  readonly follow?: boolean;
  readonly momentNow?: () => Moment;
}

function candidate(server: LeaseServer, clock: HandClock, identity: string, extra: Extra = {}) {
  const log = new KeptLog();
  const changes: boolean[] = [];
  const momentNow = () => ({ monotonicMs: clock.now(), bootMs: clock.now(), wallMs: WALL_MS + clock.now() });
  const leader = new Leader({
    ...{ api: server, namespace: 'komainu', name: 'lease', identity, clock, dice, log },
    momentNow: extra.momentNow ?? momentNow,
    ...(extra.follow ? { follow: server.follow } : {}),
  });
  leader.onChange((leads) => changes.push(leads));
  leader.start();
  started.push(leader);
  return { leader, log, changes };
}

afterEach(() => {
  for (const leader of started.splice(0)) void leader.stop();
});

const specOf = (server: LeaseServer) => server.get('lease')?.spec;

describe('the first', () => {
  test('creates the Lease and leads', async () => {
    const [server, clock] = [new LeaseServer(), new HandClock()];
    const { leader, changes } = candidate(server, clock, 'a');
    expect(leader.mayWrite()).toBe(false);
    await settle();
    expect(leader.mayWrite()).toBe(true);
    expect(changes).toEqual([true]);
    expect(specOf(server)).toEqual({
      holderIdentity: 'a',
      leaseDurationSeconds: 15,
      acquireTime: '2026-01-01T00:00:00.000000Z',
      renewTime: '2026-01-01T00:00:00.000000Z',
      leaseTransitions: 0,
    });
    expect(leader.facts()).toEqual({ identity: 'a', leads: true, holder: 'a', transitions: 0, lastError: undefined });
  });

  test('renews every two seconds and keeps what others wrote on the Lease', async () => {
    const [server, clock] = [new LeaseServer(), new HandClock()];
    candidate(server, clock, 'a');
    await settle();
    server.edit('lease', { strategy: 'OldestEmulationVersion' } as object, { 'example.com/note': 'stays' });
    await pass(clock, 6_000);
    expect(specOf(server)).toMatchObject({
      acquireTime: '2026-01-01T00:00:00.000000Z',
      strategy: 'OldestEmulationVersion',
      leaseTransitions: 0,
    });
    expect(specOf(server)?.renewTime?.slice(0, 19)).toMatch(/:0[456]$/);
    expect(server.get('lease')?.metadata.annotations).toEqual({ 'example.com/note': 'stays' });
    expect(server.requests.length).toBeLessThan(10);
  });
});

describe('a second', () => {
  test('waits while the first renews, and leads 15 s after it saw the last renewal', async () => {
    const [server, clock] = [new LeaseServer(), new HandClock()];
    candidate(server, clock, 'a');
    await settle();
    const second = candidate(server, clock, 'b', { follow: true });
    await pass(clock, 60_000);
    expect(second.changes).toEqual([]);
    server.fault = ({ body }) =>
      (body as { spec?: { holderIdentity: string } })?.spec?.holderIdentity === 'a'
        ? new ApiUnreachable('cut')
        : undefined;
    await pass(clock, 12_900);
    expect(second.leader.mayWrite()).toBe(false);
    await pass(clock, 2_200);
    expect(second.leader.mayWrite()).toBe(true);
    expect(specOf(server)).toMatchObject({ holderIdentity: 'b', leaseTransitions: 1 });
  });

  test('leads in the moment in which the first stops', async () => {
    const [server, clock] = [new LeaseServer(), new HandClock()];
    const first = candidate(server, clock, 'a');
    await settle();
    const second = candidate(server, clock, 'b', { follow: true });
    await pass(clock, 5_000);
    const stopped = first.leader.stop();
    expect(first.leader.mayWrite()).toBe(false);
    await stopped;
    await settle();
    expect(second.leader.mayWrite()).toBe(true);
    expect(specOf(server)).toMatchObject({ holderIdentity: 'b', leaseTransitions: 1 });
    expect(first.changes).toEqual([true, false]);
  });

  test('takes a Lease on which somebody wrote the largest number of transitions', async () => {
    const [server, clock] = [new LeaseServer(), new HandClock()];
    const first = candidate(server, clock, 'a');
    await settle();
    await first.leader.stop();
    server.edit('lease', { leaseTransitions: 2 ** 31 - 1 });
    candidate(server, clock, 'b');
    await settle();
    expect(specOf(server)).toMatchObject({ holderIdentity: 'b', leaseTransitions: 0 });
  });

  test('that hears nothing looks every two seconds, and finds the Lease released', async () => {
    const [server, clock] = [new LeaseServer(), new HandClock()];
    const first = candidate(server, clock, 'a');
    await settle();
    const second = candidate(server, clock, 'b');
    await pass(clock, 5_000);
    await first.leader.stop();
    await pass(clock, 2_050);
    expect(second.leader.mayWrite()).toBe(true);
  });

  test('that hears of each renewal asks nothing', async () => {
    const [server, clock] = [new LeaseServer(), new HandClock()];
    candidate(server, clock, 'a');
    await settle();
    candidate(server, clock, 'b', { follow: true });
    await settle();
    const before = server.requests.filter(({ method }) => method === 'GET').length;
    await pass(clock, 60_000);
    expect(server.requests.filter(({ method }) => method === 'GET')).toHaveLength(before);
  });

  test('with the same name waits like any other', async () => {
    const [server, clock] = [new LeaseServer(), new HandClock()];
    candidate(server, clock, 'pod-0');
    await settle();
    const again = candidate(server, clock, 'pod-0', { follow: true });
    await pass(clock, 30_000);
    expect(again.changes).toEqual([]);
  });
});

describe('a leader that is stopped and goes on', () => {
  test('does not write in its first turn, before any timer ran, and not afterwards when another one leads', async () => {
    const [server, clock, otherClock] = [new LeaseServer(), new HandClock(), new HandClock()];
    const first = candidate(server, clock, 'a');
    await settle();
    const second = candidate(server, otherClock, 'b', { follow: true });
    await pass(otherClock, 60_000);
    expect(second.leader.mayWrite()).toBe(true);
    const now = clock.now.bind(clock);
    clock.now = () => now() + 60_000; // time has passed and no timer has run
    const inFirstTurn = first.leader.mayWrite();
    clock.now = now;
    expect(inFirstTurn).toBe(false);
    clock.sleep(60_000);
    for (let step = 0; step < 400; step++) {
      expect(first.leader.mayWrite()).toBe(false);
      await pass(clock, 50);
      await pass(otherClock, 50);
    }
    expect(first.changes).toEqual([true, false]);
    expect(specOf(server)?.holderIdentity).toBe('b');
  });

  test.each(['bootMs', 'wallMs'] as const)('believes %s where the monotonic clock stood', async (moving) => {
    const [server, clock] = [new LeaseServer(), new HandClock()];
    let moment: Moment = { monotonicMs: 0, bootMs: 0, wallMs: WALL_MS };
    const { leader } = candidate(server, clock, 'a', { momentNow: () => moment });
    await settle();
    moment = { ...moment, [moving]: moment[moving] + 9_999 };
    expect(leader.mayWrite()).toBe(true);
    moment = { ...moment, [moving]: moment[moving] + 1 };
    expect(leader.mayWrite()).toBe(false);
  });

  test('leads on when nobody took the Lease meanwhile', async () => {
    const [server, clock] = [new LeaseServer(), new HandClock()];
    const { leader, changes } = candidate(server, clock, 'a');
    await settle();
    server.fault = () => new ApiUnreachable('away');
    await pass(clock, 9_900);
    expect(leader.mayWrite()).toBe(true);
    await pass(clock, 150);
    expect(leader.mayWrite()).toBe(false);
    await pass(clock, 100_000);
    server.fault = () => undefined;
    await pass(clock, 3_000);
    expect(leader.mayWrite()).toBe(true);
    expect(changes).toEqual([true, false, true]);
    expect(specOf(server)?.leaseTransitions).toBe(0);
  });
});

describe('a renewal that is answered after the deadline', () => {
  test('is told as an end and a beginning, so that writers that were refused meanwhile go on', async () => {
    const [server, clock] = [new LeaseServer(), new HandClock()];
    const { leader, changes } = candidate(server, clock, 'a');
    await settle();
    const answered = Promise.withResolvers<void>();
    const call = server.call.bind(server);
    server.call = async (request) => {
      if (clock.now() < 7_000) throw new ApiUnreachable('away');
      await answered.promise;
      return await call(request);
    };
    await pass(clock, 11_000);
    expect(leader.mayWrite()).toBe(false);
    answered.resolve();
    await settle();
    expect(leader.mayWrite()).toBe(true);
    expect(changes).toEqual([true, false, true]);
  });
});

describe('a Lease that is deleted', () => {
  test('is created again by its holder, and no candidate is faster', async () => {
    const [server, clock] = [new LeaseServer(), new HandClock()];
    const first = candidate(server, clock, 'a');
    await settle();
    const second = candidate(server, clock, 'b', { follow: true });
    await pass(clock, 5_000);
    server.delete('lease');
    await pass(clock, 30_000);
    expect(first.changes).toEqual([true]);
    expect(second.changes).toEqual([]);
    expect(specOf(server)?.holderIdentity).toBe('a');
  });
});

describe('an answer that is lost', () => {
  test('of the write that took the Lease: the next look finds it', async () => {
    const [server, clock] = [new LeaseServer(), new HandClock()];
    server.fault = (request) => {
      if (request.method !== 'POST') return undefined;
      server.serve(request);
      return new ApiUnreachable('cut');
    };
    const { leader } = candidate(server, clock, 'a');
    await settle();
    expect(leader.mayWrite()).toBe(false);
    await pass(clock, 5_000);
    expect(leader.mayWrite()).toBe(true);
    expect(specOf(server)?.acquireTime).toBe('2026-01-01T00:00:00.000000Z');
  });

  test('of a renewal: it goes on leading', async () => {
    const [server, clock] = [new LeaseServer(), new HandClock()];
    const { leader, changes } = candidate(server, clock, 'a');
    await settle();
    server.fault = (request) => {
      if (request.method !== 'PUT') return undefined;
      server.fault = () => undefined;
      server.serve(request);
      return new ApiUnreachable('cut');
    };
    await pass(clock, 30_000);
    expect(leader.mayWrite()).toBe(true);
    expect(changes).toEqual([true]);
  });
});

describe('a refusal', () => {
  test('is logged once, told in the facts, and asked again every two seconds', async () => {
    const [server, clock] = [new LeaseServer(), new HandClock()];
    server.fault = () => ({ status: 403, body: undefined, retryAfterMs: undefined });
    const { leader, log } = candidate(server, clock, 'a');
    await pass(clock, 20_000);
    expect(log.of('lease not reached')).toHaveLength(1);
    expect(leader.facts().lastError).toBe('GET of the Lease was answered with 403');
    expect(server.requests.length).toBeGreaterThan(8);
    expect(server.requests.length).toBeLessThan(12);
  });

  test('with Retry-After is not asked earlier', async () => {
    const [server, clock] = [new LeaseServer(), new HandClock()];
    server.fault = () => ({ status: 429, body: undefined, retryAfterMs: 5_000 });
    candidate(server, clock, 'a');
    await pass(clock, 4_900);
    expect(server.requests).toHaveLength(1);
    await pass(clock, 200);
    expect(server.requests).toHaveLength(2);
  });

  test('409 for ever makes no storm', async () => {
    const [server, clock] = [new LeaseServer(), new HandClock()];
    server.fault = ({ method }) =>
      method === 'POST' ? { status: 409, body: undefined, retryAfterMs: undefined } : undefined;
    candidate(server, clock, 'a');
    await pass(clock, 10_000);
    expect(server.requests.length).toBeLessThan(90);
  });
});

describe('a stop', () => {
  test('of a leader takes its name out', async () => {
    const [server, clock] = [new LeaseServer(), new HandClock()];
    const { leader } = candidate(server, clock, 'a');
    await settle();
    await leader.stop();
    expect(specOf(server)).toMatchObject({ holderIdentity: '', leaseDurationSeconds: 1, leaseTransitions: 0 });
  });

  test('of a candidate leaves the Lease alone', async () => {
    const [server, clock] = [new LeaseServer(), new HandClock()];
    candidate(server, clock, 'a');
    await settle();
    const { leader } = candidate(server, clock, 'b');
    await settle();
    const before = server.get('lease');
    await leader.stop();
    expect(server.get('lease')).toBe(before);
  });

  test('takes two seconds at most when the API server does not answer', async () => {
    const [server, clock] = [new LeaseServer(), new HandClock()];
    const { leader } = candidate(server, clock, 'a');
    await settle();
    server.call = () => new Promise(() => {});
    let ended = false;
    void leader.stop().then(() => {
      ended = true;
    });
    await pass(clock, 1_950);
    expect(ended).toBe(false);
    await pass(clock, 100);
    expect(ended).toBe(true);
  });
});

describe('a note on the Lease', () => {
  test('stands there when the promise says so, and the next leader reads it', async () => {
    const [server, clock] = [new LeaseServer(), new HandClock()];
    const first = candidate(server, clock, 'a');
    await settle();
    expect(await first.leader.remember('komainu.dev/x', '1')).toBe(true);
    expect(server.get('lease')?.metadata.annotations).toEqual({ 'komainu.dev/x': '1' });
    await first.leader.stop();
    const second = candidate(server, clock, 'b');
    await settle();
    expect(second.leader.recall('komainu.dev/x')).toBe('1');
  });

  test('is not lost with a Lease that is deleted, whoever makes the next one', async () => {
    const [server, clock] = [new LeaseServer(), new HandClock()];
    const first = candidate(server, clock, 'a');
    await settle();
    await first.leader.remember('note', 'text');
    server.delete('lease');
    await pass(clock, 5_000);
    expect(server.get('lease')?.metadata.annotations).toEqual({ note: 'text' });
    const second = candidate(server, clock, 'b', { follow: true });
    await settle();
    await first.leader.stop();
    server.delete('lease');
    await pass(clock, 20_000);
    expect(second.leader.mayWrite()).toBe(true);
    expect(second.leader.recall('note')).toBe('text');
  });

  test('costs nothing when it stands there already', async () => {
    const [server, clock] = [new LeaseServer(), new HandClock()];
    const { leader } = candidate(server, clock, 'a');
    await settle();
    await leader.remember('komainu.dev/x', '1');
    const before = server.requests.length;
    expect(await leader.remember('komainu.dev/x', '1')).toBe(true);
    expect(server.requests).toHaveLength(before);
  });

  test('is not written by one that does not lead', async () => {
    const [server, clock] = [new LeaseServer(), new HandClock()];
    candidate(server, clock, 'a');
    await settle();
    const { leader } = candidate(server, clock, 'b');
    await settle();
    expect(await leader.remember('komainu.dev/x', '1')).toBe(false);
  });
});
