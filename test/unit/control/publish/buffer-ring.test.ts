import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BufferRing } from '../../../../src/control/publish/buffer-ring.ts';

test('a buffer is at least as large as asked for and at most a quarter and a kibibyte larger', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 5_000_000 }), (byteLength) => {
      const bytes = new BufferRing().take('routes', byteLength);
      expect(bytes.byteLength).toBeGreaterThanOrEqual(byteLength);
      expect(bytes.byteLength).toBeLessThanOrEqual(byteLength * 1.25 + 1024);
    }),
  );
});

test('parts do not share buffers', () => {
  const ring = new BufferRing();
  const routes = ring.take('routes', 100);
  ring.giveBack('routes', routes);
  expect(ring.take('endpoints', 100)).not.toBe(routes);
  expect(ring.take('routes', 100)).toBe(routes);
});

test('a buffer is free from the generation that replaced it, not before', () => {
  const ring = new BufferRing();
  const first = ring.take('routes', 100);
  ring.retire('routes', first, 7);
  ring.reclaim(6);
  const second = ring.take('routes', 100);
  expect(second).not.toBe(first);
  ring.reclaim(7);
  expect(ring.take('routes', 100)).toBe(first);
});

test('a buffer beyond the limit never comes back', () => {
  const ring = new BufferRing(1);
  const [pooled, extra] = [ring.take('routes', 100), ring.take('routes', 100)];
  for (const bytes of [extra, pooled]) ring.retire('routes', bytes, 1);
  ring.reclaim(Number.POSITIVE_INFINITY);
  expect([ring.take('routes', 100), ring.take('routes', 100)]).not.toContain(extra);
});

/** Shards adopt in order, each at its own pace; the model remembers who may read what. */
test('whatever the pace of the shards, no buffer is handed out while one of them may read it', () => {
  const step = fc.record({ shard: fc.nat(2), steps: fc.nat(4), byteLength: fc.integer({ min: 1, max: 20_000 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const ring = new BufferRing(4);
      const generations: SharedArrayBuffer[] = [];
      const adopted = [0, 0, 0];
      for (const { shard, steps: pace, byteLength } of steps) {
        ring.reclaim(Math.min(...adopted));
        const bytes = ring.take('routes', byteLength);
        const readable = generations.slice(Math.max(0, Math.min(...adopted) - 1));
        expect(readable).not.toContain(bytes);
        expect(bytes.byteLength).toBeGreaterThanOrEqual(byteLength);
        const last = generations.at(-1);
        generations.push(bytes);
        if (last !== undefined) ring.retire('routes', last, generations.length);
        adopted[shard] = Math.min(generations.length, adopted[shard] + pace);
      }
      expect(ring.pooled('routes')).toBeLessThanOrEqual(4);
    }),
    { numRuns: 500 },
  );
});
