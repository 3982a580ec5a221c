import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Waiter, WaitQueue } from '../../../../src/data/upstream/wait-queue.ts';

class Client implements Waiter<Client> {
  next: Client | undefined = undefined;
  previous: Client | undefined = undefined;
  queued = false;
  readonly name: number;

  constructor(name: number) {
    this.name = name;
  }
}

test('first in, first out, and whoever leaves is not served', () => {
  const queue = new WaitQueue<Client>();
  const [a, b, c] = [1, 2, 3].map((name) => new Client(name));
  for (const client of [a, b, c]) queue.push(client);
  queue.remove(b);
  queue.remove(b);
  expect([queue.length, queue.first, b.queued]).toEqual([2, a, false]);
  expect([queue.shift(), queue.shift(), queue.shift(), queue.length]).toEqual([a, c, undefined, 0]);
});

test('any sequence of pushes, shifts and removals is that of a list', () => {
  const step = fc.oneof(
    fc.constant({ kind: 'push' as const, at: 0 }),
    fc.constant({ kind: 'shift' as const, at: 0 }),
    fc.nat(20).map((at) => ({ kind: 'remove' as const, at })),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const queue = new WaitQueue<Client>();
      const list: Client[] = [];
      const made: Client[] = [];
      for (const { kind, at } of steps) {
        if (kind === 'push') {
          const client = new Client(made.length);
          made.push(client);
          queue.push(client);
          list.push(client);
        } else if (kind === 'shift') expect(queue.shift()).toBe(list.shift());
        else if (at < made.length) {
          queue.remove(made[at]);
          const index = list.indexOf(made[at]);
          if (index >= 0) list.splice(index, 1);
        }
        expect([queue.length, queue.first]).toEqual([list.length, list[0]]);
      }
      while (list.length > 0) expect(queue.shift()).toBe(list.shift());
      expect(queue.shift()).toBeUndefined();
      expect(made.every(({ queued, next, previous }) => !queued && next === undefined && previous === undefined)).toBe(
        true,
      );
    }),
  );
});
