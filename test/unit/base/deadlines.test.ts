import { expect, test } from 'vitest';
import { Deadlines, type Expiring } from '../../../src/base/deadlines.ts';

function item(deadlineMs: number, onExpire: (self: Expiring) => void = () => {}) {
  const made = {
    deadlineMs,
    deadlineIndex: -1,
    expired: 0,
    expire() {
      made.expired++;
      onExpire(made);
    },
  };
  return made;
}

test('only what has passed expires, and only once', () => {
  const deadlines = new Deadlines();
  const early = item(10);
  const late = item(20);
  deadlines.add(early);
  deadlines.add(late);
  deadlines.sweep(10);
  deadlines.sweep(15);
  expect([early.expired, late.expired]).toEqual([1, 0]);
  deadlines.sweep(20);
  expect([early.expired, late.expired]).toEqual([1, 1]);
});

test('an item may remove itself and others while it expires', () => {
  const deadlines = new Deadlines();
  const others = [item(50), item(1), item(50)];
  const killer = item(1, (self) => {
    deadlines.remove(self);
    for (const other of others) deadlines.remove(other);
  });
  deadlines.add(others[0]!);
  deadlines.add(others[1]!);
  deadlines.add(killer);
  deadlines.add(others[2]!);
  deadlines.sweep(5);
  expect(killer.expired).toBe(1);
  expect(others.map((other) => other.expired)).toEqual([0, 0, 0]);
  expect(deadlines.size).toBe(0);
});

test('removing twice is nothing', () => {
  const deadlines = new Deadlines();
  const a = item(1);
  const b = item(1);
  deadlines.add(a);
  deadlines.add(b);
  deadlines.remove(a);
  deadlines.remove(a);
  expect(deadlines.size).toBe(1);
  deadlines.sweep(1);
  expect([a.expired, b.expired]).toEqual([0, 1]);
});
