import { EventEmitter } from 'node:events';
import { describe, expect, test } from 'vitest';
import { Lifecycle } from '../../../src/control/lifecycle.ts';
import { HandClock } from '../../support/hand-clock.ts';
import { KeptLog } from '../../support/kept-log.ts';

function life(preStopMs = 5_000, graceMs = 20_000) {
  const clock = new HandClock();
  const log = new KeptLog();
  const signals = new EventEmitter();
  const drains: number[] = [];
  const exits: number[] = [];
  const gone = Promise.withResolvers<void>();
  const lifecycle = new Lifecycle({
    signals,
    clock,
    log,
    preStopMs,
    graceMs,
    drain: (ms) => {
      drains.push(ms);
      return gone.promise;
    },
    exit: (code) => exits.push(code),
  });
  lifecycle.listen();
  return { clock, log, signals, drains, exits, gone, lifecycle };
}

describe('SIGTERM', () => {
  test('makes the process not ready, keeps accepting for the pre-stop time, then drains and ends with 0', async () => {
    const { clock, signals, drains, gone, lifecycle } = life();
    signals.emit('SIGTERM');
    expect(lifecycle.stopping).toBe(true);
    clock.advance(4_999);
    expect(drains).toEqual([]);
    clock.advance(1);
    expect(drains).toEqual([20_000]);
    gone.resolve();
    expect(await lifecycle.ended).toBe(0);
  });

  test('without a pre-stop time drains at once', () => {
    const { signals, drains } = life(0, 700);
    signals.emit('SIGTERM');
    expect(drains).toEqual([700]);
  });

  test('a second one ends the process at once', () => {
    const { clock, signals, exits } = life();
    signals.emit('SIGTERM');
    clock.advance(100);
    signals.emit('SIGTERM');
    expect(exits).toEqual([143]);
  });

  test('one that arrives twice, from the service manager and the launcher, counts once', () => {
    const { clock, signals, exits } = life();
    signals.emit('SIGTERM');
    clock.advance(99);
    signals.emit('SIGTERM');
    expect(exits).toEqual([]);
  });
});

describe('SIGINT', () => {
  test('drains at once and for 1 s at most, however often it comes', () => {
    const { signals, drains, exits } = life();
    for (let i = 0; i < 3; i++) signals.emit('SIGINT');
    expect([drains, exits]).toEqual([[1_000], []]);
  });

  test('a shorter grace period is kept', () => {
    const { signals, drains } = life(5_000, 300);
    signals.emit('SIGINT');
    expect(drains).toEqual([300]);
  });

  test('hurries a stop by SIGTERM, in its pre-stop time and later', () => {
    const { clock, signals, drains } = life();
    signals.emit('SIGTERM');
    signals.emit('SIGINT');
    clock.advance(60_000);
    expect(drains).toEqual([1_000]);
    const later = life(0);
    later.signals.emit('SIGTERM');
    later.signals.emit('SIGINT');
    expect(later.drains).toEqual([20_000, 1_000]);
  });

  test('a SIGTERM after it does not end the process, a second one does', () => {
    const { clock, signals, drains, exits } = life();
    signals.emit('SIGINT');
    signals.emit('SIGTERM');
    clock.advance(500);
    expect([drains, exits]).toEqual([[1_000], []]);
    signals.emit('SIGTERM');
    expect(exits).toEqual([143]);
  });
});

for (const event of ['uncaughtException', 'unhandledRejection']) {
  test(`${event} is logged and ends the process with 70, before other listeners`, () => {
    const { signals, log, exits, lifecycle } = life();
    lifecycle.release();
    signals.on(event, () => exits.push(-1));
    lifecycle.listen();
    const error = new Error('boom');
    signals.emit(event, error);
    expect(exits).toEqual([70, -1]);
    expect(log.lines).toEqual([{ level: 'error', fields: { err: error }, message: 'main thread failed' }]);
  });
}

test('a drain that fails ends the process with 70', async () => {
  const { signals, gone, exits } = life(0);
  signals.emit('SIGTERM');
  gone.reject(new Error('cannot'));
  await new Promise((resolve) => setImmediate(resolve));
  expect(exits).toEqual([70]);
});

test('after release no signal is taken and no timer is left', () => {
  const { clock, signals, drains, lifecycle } = life();
  signals.emit('SIGTERM');
  lifecycle.release();
  clock.advance(60_000);
  expect(drains).toEqual([]);
  expect(signals.eventNames()).toEqual([]);
});
