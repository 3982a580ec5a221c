import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  healthMoment,
  isAvailable,
  isOut,
  type Leave,
  leaveOut,
  lifeOf,
  outLimitMs,
  probeLimitMs,
  resetHealth,
  tellFailure,
  tellNothing,
  tellSuccess,
} from '../../../src/table/health-words.ts';

const NOW = 5001;
const MASK = 0x7fff_ffff;

/** Slot 1 of three, so that a wrong offset shows in its neighbours. */
class Endpoint {
  readonly words = new Int32Array(new SharedArrayBuffer(3 * 16));
  moment = NOW;

  available(): boolean {
    return isAvailable(this.words, 1, this.moment);
  }

  after(ms: number): this {
    this.moment = ((this.moment + ms) & MASK) | 1;
    return this;
  }

  leave(given: Partial<Leave> = {}): boolean {
    const life = lifeOf(this.words, 1);
    return leaveOut(this.words, 1, { life, moment: this.moment, maxMs: 800, luck: 0, ...given });
  }

  get life(): number {
    return lifeOf(this.words, 1);
  }

  get out(): boolean {
    return isOut(this.words, 1);
  }

  /** Milliseconds until a question is answered with yes, to the step of the moments; the probe is claimed by it. */
  outMs(limitMs = 1_000_000): number {
    for (let ms = 0; ms < limitMs; ms += 2) {
      if (this.available()) return ms;
      this.after(2);
    }
    return Number.POSITIVE_INFINITY;
  }

  neighbours(): number[] {
    return [...this.words.subarray(0, 4), ...this.words.subarray(8)];
  }
}

test('an endpoint of which nothing is known is available', () => {
  const endpoint = new Endpoint();
  expect([endpoint.available(), endpoint.out]).toEqual([true, false]);
});

test('an endpoint without a slot is always available, and nothing is learned of it', () => {
  const words = new Int32Array(4);
  expect(isAvailable(words, -1, NOW)).toBe(true);
  expect(isOut(words, -1)).toBe(false);
  expect(tellFailure(words, -1, 0)).toBe(0);
  expect(leaveOut(words, -1, { life: 0, moment: NOW, maxMs: 800, luck: 0 })).toBe(false);
  tellSuccess(words, -1, 0);
  tellNothing(words, -1, 0, NOW);
  expect([...words]).toEqual([0, 0, 0, 0]);
});

test('it is left out for 100 ms, then twice as long for each probe that fails, up to the limit', () => {
  const endpoint = new Endpoint();
  const times: number[] = [];
  for (let i = 0; i < 6; i++) {
    expect(endpoint.leave()).toBe(true);
    times.push(endpoint.outMs());
  }
  expect(times).toEqual([100, 200, 400, 800, 800, 800]);
  expect(endpoint.neighbours().every((word) => word === 0)).toBe(true);
});

test('luck takes up to an eighth off, so that endpoints that fell together return one by one', () => {
  const endpoint = new Endpoint();
  endpoint.leave({ luck: 0.999 });
  const ms = endpoint.outMs();
  expect(ms).toBeGreaterThanOrEqual(86);
  expect(ms).toBeLessThanOrEqual(88);
});

test('when its time is over exactly one question is answered with yes', () => {
  const endpoint = new Endpoint();
  endpoint.leave();
  endpoint.after(102);
  expect([endpoint.available(), endpoint.available(), endpoint.available()]).toEqual([true, false, false]);
  expect(endpoint.out).toBe(true);
});

test('a probe that is answered brings the endpoint back at once, and its next ejection begins with 100 ms', () => {
  const endpoint = new Endpoint();
  endpoint.leave();
  endpoint.outMs();
  endpoint.leave();
  endpoint.outMs();
  tellSuccess(endpoint.words, 1, endpoint.life);
  expect([endpoint.out, endpoint.available(), endpoint.available()]).toEqual([false, true, true]);
  endpoint.leave();
  expect(endpoint.outMs()).toBe(100);
});

test('a probe whose outcome nobody will know leaves the next question to be the probe', () => {
  const endpoint = new Endpoint();
  endpoint.leave();
  endpoint.outMs();
  expect(endpoint.available()).toBe(false);
  tellNothing(endpoint.words, 1, endpoint.life, endpoint.moment);
  expect([endpoint.out, endpoint.available(), endpoint.available()]).toEqual([true, true, false]);
});

test('what ends without an outcome while the endpoint is out or in changes nothing', () => {
  const endpoint = new Endpoint();
  tellNothing(endpoint.words, 1, endpoint.life, endpoint.moment);
  expect(endpoint.out).toBe(false);
  endpoint.leave();
  tellNothing(endpoint.words, 1, endpoint.life, endpoint.moment);
  expect(endpoint.outMs()).toBe(100);
});

test('a probe that is never heard of again is given up', () => {
  const endpoint = new Endpoint();
  endpoint.leave();
  endpoint.outMs();
  const ms = endpoint.outMs();
  expect(Math.abs(ms - probeLimitMs)).toBeLessThanOrEqual(2);
});

test('a thread whose moment is behind does not take a probe for one that was given up', () => {
  const endpoint = new Endpoint();
  endpoint.leave();
  endpoint.outMs();
  expect(endpoint.after(-50).available()).toBe(false);
});

test('failures are counted in a row, and a success begins anew', () => {
  const endpoint = new Endpoint();
  const fail = () => tellFailure(endpoint.words, 1, endpoint.life);
  expect([fail(), fail()]).toEqual([1, 2]);
  tellSuccess(endpoint.words, 1, endpoint.life);
  expect(fail()).toBe(1);
  endpoint.leave();
  tellSuccess(endpoint.words, 1, endpoint.life);
  expect(fail()).toBe(1);
});

test('what was sent before the ejection says nothing after it', () => {
  const endpoint = new Endpoint();
  const before = endpoint.life;
  endpoint.leave();
  expect(tellFailure(endpoint.words, 1, before)).toBe(0);
  expect(endpoint.leave({ life: before })).toBe(false);
  tellSuccess(endpoint.words, 1, before);
  expect(endpoint.out).toBe(true);
  endpoint.outMs();
  tellNothing(endpoint.words, 1, before, endpoint.moment);
  expect(endpoint.available()).toBe(false);
});

test('a slot that goes to another endpoint begins anew, and what is under way to the former one says nothing', () => {
  const endpoint = new Endpoint();
  const before = endpoint.life;
  tellFailure(endpoint.words, 1, before);
  endpoint.leave();
  const ejected = endpoint.life;
  resetHealth(endpoint.words, 1);
  expect([endpoint.out, endpoint.available()]).toEqual([false, true]);
  for (const life of [before, ejected]) expect(tellFailure(endpoint.words, 1, life)).toBe(0);
  expect(tellFailure(endpoint.words, 1, endpoint.life)).toBe(1);
  expect(endpoint.neighbours().every((word) => word === 0)).toBe(true);
});

test('out for a while, then in again, also where the moments come round', () => {
  fc.assert(
    fc.property(fc.nat(MASK), fc.integer({ min: 100, max: outLimitMs }), (raw, maxMs) => {
      const endpoint = new Endpoint();
      endpoint.moment = (raw | 1) & MASK;
      for (let i = 0; i < 14; i++) endpoint.leave({ maxMs });
      expect(endpoint.available()).toBe(false);
      expect(endpoint.after(maxMs - 4).available()).toBe(false);
      expect(endpoint.after(6).available()).toBe(true);
      expect(endpoint.after(probeLimitMs - 4).available()).toBe(false);
      expect(endpoint.after(6).available()).toBe(true);
    }),
  );
});

test('a mark that nobody looked at is not believed days later', () => {
  const dayMs = 86_400_000;
  for (const from of [1, 1001, 0x3fff_ffff, 0x7fff_ffff]) {
    for (let after = outLimitMs + 2; after <= 24 * dayMs; after += outLimitMs / 7) {
      const endpoint = new Endpoint();
      endpoint.moment = from;
      endpoint.leave({ maxMs: outLimitMs });
      if (!endpoint.after(Math.floor(after)).available()) expect.fail(`out again after ${after / dayMs} days`);
    }
  }
});

test('moments are never 0 and never go back', () => {
  const first = healthMoment();
  expect(first & 1).toBe(1);
  expect((healthMoment() - first) & MASK).toBeLessThan(60_000);
});
