import { expect, test } from 'vitest';
import { Delivery } from '../../../../../src/control/sources/kubernetes/delivery.ts';
import type { Held } from '../../../../../src/control/sources/kubernetes/held-objects.ts';
import type { Delta } from '../../../../../src/control/sources/kubernetes/reflector-parts.ts';
import { HandClock } from '../../../../support/hand-clock.ts';
import { KeptLog } from '../../../../support/kept-log.ts';

const held = (name: string, item: string): Held<string> => ({
  ...{ name: { namespace: 'n', name }, uid: name, version: item, item, weight: 1 },
});

function stage(failures: number) {
  const clock = new HandClock();
  const log = new KeptLog();
  const deltas: Delta<string>[] = [];
  const taken: number[] = [];
  let left = failures;
  const apply = (delta: Delta<string>): void => {
    if (left-- > 0) throw new Error('no');
    deltas.push(delta);
  };
  return {
    clock,
    log,
    deltas,
    delivery: new Delivery({ sink: { apply }, clock, log }, () => taken.push(deltas.length)),
    taken,
  };
}

test('of each object the newest is told', () => {
  const { delivery, deltas } = stage(0);
  delivery.put('n/a', held('a', '1'));
  delivery.put('n/b', held('b', '1'));
  delivery.put('n/a', held('a', '2'));
  delivery.remove('n/b', { namespace: 'n', name: 'b' });
  delivery.flush();
  delivery.flush();
  expect(deltas).toEqual([{ put: ['2'], remove: [{ namespace: 'n', name: 'b' }] }]);
});

test('nothing is told only where it is asked for', () => {
  const { delivery, deltas } = stage(0);
  delivery.flush();
  expect(deltas).toEqual([]);
  delivery.flush(true);
  expect(deltas).toEqual([{ put: [], remove: [] }]);
});

test('a sink that throws is asked again, with what has come since, and nothing is lost', () => {
  const { delivery, deltas, clock, log, taken } = stage(2);
  delivery.put('n/a', held('a', '1'));
  delivery.put('n/b', held('b', '1'));
  delivery.flush();
  delivery.put('n/a', held('a', '2'));
  clock.advance(1000);
  expect(deltas).toEqual([]);
  clock.advance(1000);
  expect(deltas).toEqual([{ put: ['2', '1'], remove: [] }]);
  expect(taken).toEqual([1]);
  expect(log.of('changes of the cluster could not be taken, trying again').length).toBe(2);
  clock.advance(10_000);
  expect(deltas.length).toBe(1);
});

test('after stop nothing is tried again', () => {
  const { delivery, deltas, clock } = stage(1);
  delivery.put('n/a', held('a', '1'));
  delivery.flush();
  delivery.stop();
  clock.advance(10_000);
  expect(deltas).toEqual([]);
});
