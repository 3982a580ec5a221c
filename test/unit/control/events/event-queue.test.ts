import { expect, test } from 'vitest';
import { EventQueue, type NamedRefusal } from '../../../../src/control/events/event-queue.ts';

const refusal = (name: string, field = 'spec'): NamedRefusal => ({
  ...{ file: '', object: { kind: 'Ingress', namespace: 'shop', name }, field, reason: 'ServiceMissing', message: 'no' },
});

const all = (queue: EventQueue, nowMs: number): string[] => {
  const found: string[] = [];
  for (let next = queue.next(nowMs); next !== undefined; next = queue.next(nowMs)) {
    found.push(`${next.object.name} ${next.field}`);
  }
  return found;
};

test('what comes waits for its time', () => {
  const queue = new EventQueue({ holdMs: 250, most: 10 });
  queue.add(refusal('a'), 0);
  queue.add(refusal('b'), 100);
  expect(queue.ripeInMs(0)).toBe(250);
  expect(all(queue, 249)).toEqual([]);
  expect(all(queue, 250)).toEqual(['a spec']);
  expect(queue.ripeInMs(250)).toBe(100);
  expect(all(queue, 350)).toEqual(['b spec']);
  expect(queue.ripeInMs(350)).toBeUndefined();
});

test('what goes within that time is not told, and later neither', () => {
  const queue = new EventQueue({ holdMs: 250, most: 10 });
  for (const name of ['a', 'b', 'c']) queue.add(refusal(name), 0);
  queue.remove(refusal('a'));
  expect(queue.next(250)?.object.name).toBe('b');
  queue.remove(refusal('c'));
  expect(all(queue, 250)).toEqual([]);
  expect(queue.size).toBe(0);
});

test('objects take turns', () => {
  const queue = new EventQueue({ holdMs: 0, most: 10 });
  for (const field of ['1', '2', '3']) queue.add(refusal('many', field), 0);
  queue.add(refusal('one'), 0);
  queue.add(refusal('two'), 0);
  expect(all(queue, 0)).toEqual(['many 1', 'one spec', 'two spec', 'many 2', 'many 3']);
});

test('the same refusal waits once', () => {
  const queue = new EventQueue({ holdMs: 0, most: 10 });
  queue.add(refusal('a'), 0);
  queue.add(refusal('a'), 0);
  expect(all(queue, 0)).toEqual(['a spec']);
});

test('it holds so many and no more', () => {
  const queue = new EventQueue({ holdMs: 0, most: 2 });
  expect([1, 2, 3].map((n) => queue.add(refusal(`${n}`), 0))).toEqual([true, true, false]);
  queue.next(0);
  expect(queue.add(refusal('4'), 0)).toBe(true);
});

test('what is removed while it is told stands no more at its end', () => {
  const queue = new EventQueue({ holdMs: 0, most: 10 });
  for (const name of ['a', 'b']) queue.add(refusal(name), 0);
  const [a, b] = [queue.next(0) as NamedRefusal, queue.next(0) as NamedRefusal];
  queue.remove(refusal('a'));
  expect([queue.done(a), queue.done(b), queue.done(b)]).toEqual([false, true, false]);
});
