import { describe, expect, test } from 'vitest';
import { Compiler } from '../../../../src/control/compile/compile.ts';
import { BufferRing } from '../../../../src/control/publish/buffer-ring.ts';
import { Publisher } from '../../../../src/control/publish/publisher.ts';
import { EndpointTable } from '../../../../src/table/endpoint-table.ts';
import { RouteTable } from '../../../../src/table/route-table.ts';
import type { Publication } from '../../../../src/table/shard-messages.ts';
import { backendsOf, fixedDice, manyRules, routesTo } from '../../../support/snapshots.ts';

function newBench({ slotCount, limit }: { slotCount?: number; limit?: number } = {}) {
  const sent: Publication[] = [];
  const resets: number[] = [];
  const bench = { sent, resets, adopted: 0, ring: new BufferRing(limit) };
  const publisher = new Publisher({
    compiler: new Compiler(fixedDice(), slotCount),
    ring: bench.ring,
    send: (publication) => sent.push(publication),
    oldestAdopted: () => bench.adopted,
    resetHealth: (slot) => resets.push(slot),
  });
  return Object.assign(bench, { publisher });
}

describe('one message per publication', () => {
  test('generations count from 1, and each is sent once and is then the current one', () => {
    const { publisher, sent } = newBench();
    expect(publisher.current).toBeUndefined();
    const first = publisher.publish({ routes: routesTo('a'), backends: backendsOf({ a: [] }) });
    const second = publisher.publish({ backends: backendsOf({ a: ['10.0.0.1:80'] }) });
    expect([first.generation, second.generation]).toEqual([1, 2]);
    expect(sent).toEqual([first, second]);
    expect(publisher.current).toBe(second);
  });

  test('a part that did not change is the same object as before', () => {
    const { publisher } = newBench();
    const first = publisher.publish({ routes: routesTo('a'), backends: backendsOf({ a: [] }) });
    const second = publisher.publish({ backends: backendsOf({ a: ['10.0.0.1:80'] }) });
    const third = publisher.publish({ routes: routesTo('a', 'a'), backends: backendsOf({ a: ['10.0.0.1:80'] }) });
    expect(second.routes).toBe(first.routes);
    expect(second.endpoints.generation).toBe(2);
    expect(third.endpoints).toBe(second.endpoints);
    expect(third.routes.generation).toBe(3);
    expect(new RouteTable(third.routes.bytes).generation).toBe(3);
    expect(new EndpointTable(third.endpoints.bytes).generation).toBe(2);
  });

  test('a change that changes nothing is not sent', () => {
    const { publisher, sent } = newBench();
    const first = publisher.publish({ routes: routesTo('a'), backends: backendsOf({ a: [] }) });
    expect(publisher.publish({ backends: backendsOf({ a: [] }) })).toBe(first);
    expect(sent).toHaveLength(1);
  });

  test('a health slot that goes to another endpoint is reset before shards hear of it', () => {
    const { publisher, resets } = newBench({ slotCount: 1 });
    publisher.publish({ routes: routesTo('a'), backends: backendsOf({ a: ['10.0.0.1:80'] }) });
    publisher.publish({ backends: backendsOf({ a: [] }) });
    expect(resets).toEqual([]);
    publisher.publish({ backends: backendsOf({ a: ['10.0.0.2:80'] }) });
    expect(resets).toEqual([0]);
  });
});

test('a change that cannot be compiled is not sent, and what is current stays', () => {
  const { publisher, sent } = newBench();
  const first = publisher.publish({ routes: routesTo('a'), backends: backendsOf({ a: [] }) });
  const before = Buffer.from(Buffer.from(first.routes.bytes));
  const routes = routesTo('b');
  const broken = { rules: [...routes.rules, null as unknown as (typeof routes.rules)[number]] };
  expect(() => publisher.publish({ routes: broken, backends: backendsOf({ b: [] }) })).toThrow();
  expect(publisher.current).toBe(first);
  expect(Buffer.from(first.routes.bytes)).toEqual(before);
  expect(publisher.publish({ routes, backends: backendsOf({ b: [] }) }).generation).toBe(2);
  expect(sent).toHaveLength(2);
});

describe('buffers come round again', () => {
  const publishTimes = (bench: ReturnType<typeof newBench>, times: number, adopt: (generation: number) => number) => {
    const buffers = new Set<SharedArrayBuffer>();
    for (let i = 0; i < times; i++) {
      const { generation, routes } = bench.publisher.publish({ routes: routesTo('a'), backends: backendsOf({}) });
      buffers.add(routes.bytes);
      bench.adopted = adopt(generation);
    }
    return buffers.size;
  };

  test('prompt shards need two buffers, shards one generation behind three', () => {
    expect(publishTimes(newBench(), 50, (generation) => generation)).toBe(2);
    expect(publishTimes(newBench(), 50, (generation) => generation - 1)).toBe(3);
  });

  test('without acknowledgement no buffer is written twice, and the ring stays within its limit', () => {
    const bench = newBench({ limit: 4 });
    expect(publishTimes(bench, 50, () => 0)).toBe(50);
    expect(bench.ring.pooled('routes')).toBe(4);
  });

  test('an old part that is still in use is not written, however many generations the other part had', () => {
    const bench = newBench();
    const first = bench.publisher.publish({ routes: routesTo('a'), backends: backendsOf({ a: [] }) });
    const before = Buffer.from(Buffer.from(first.routes.bytes));
    for (let i = 0; i < 50; i++) {
      const { generation } = bench.publisher.publish({ backends: backendsOf({ a: [`10.0.0.${i}:80`] }) });
      bench.adopted = generation;
    }
    expect(bench.publisher.current?.routes).toBe(first.routes);
    expect(Buffer.from(first.routes.bytes)).toEqual(before);
    expect(bench.ring.pooled('endpoints')).toBeLessThanOrEqual(3);
  });

  test('the ring follows a table that grows and, after a time, one that shrinks', () => {
    const bench = newBench();
    const publish = (count: number) => {
      const publication = bench.publisher.publish({ routes: { rules: manyRules(count) }, backends: backendsOf({}) });
      bench.adopted = publication.generation;
      return publication.routes.bytes.byteLength;
    };
    const small = publish(20);
    const large = publish(4000);
    expect(large).toBeGreaterThan(50 * small);
    let last = large;
    for (let i = 0; i < 300; i++) last = publish(20);
    expect(last).toBeLessThan(4 * small);
    expect(bench.ring.pooled('routes')).toBeLessThanOrEqual(4);
  });
});
