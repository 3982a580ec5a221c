import { expect, test } from 'vitest';
import { PublishedMemory } from '../../../../src/control/status/published-memory.ts';

const NOTE = 'komainu.dev/published-addresses';
const [a, b] = [{ ip: '192.0.2.1' }, { hostname: 'lb.example' }];

function memory(note?: string, stands = true) {
  const notes = new Map(note === undefined ? [] : [[NOTE, note]]);
  const writes: string[] = [];
  const remember = async (key: string, text: string) => {
    writes.push(text);
    if (stands) notes.set(key, text);
    return stands;
  };
  return { memory: new PublishedMemory({ recall: (key) => notes.get(key), remember }), writes };
}

test('what a leader adds, the next one knows', async () => {
  const { memory: first, writes } = memory();
  expect(first.wasPublished).toBeUndefined();
  expect(await first.add([a])).toBe(true);
  expect(await first.add([b])).toBe(true);
  const { memory: next } = memory(writes.at(-1));
  next.recall();
  expect([a, b].map((one) => next.wasPublished?.(one))).toEqual([true, true]);
  expect(next.wasPublished?.({ ip: '192.0.2.9' })).toBe(false);
});

test('what is known is not noted again', async () => {
  const { memory: one, writes } = memory(JSON.stringify([b, a]));
  one.recall();
  await one.add([a]);
  await one.keepOnly([a, b]);
  expect(writes).toEqual([]);
  await one.keepOnly([a]);
  expect(writes).toEqual([JSON.stringify([a])]);
});

test('what could not be noted is not known', async () => {
  const { memory: one } = memory(undefined, false);
  expect(await one.add([a])).toBe(false);
  expect(one.wasPublished).toBeUndefined();
});

test.each(['', '{}', '"a"', 'nonsense', '[1, null, {"port": 5}]'])('a note that says %s names no address', (note) => {
  const { memory: one } = memory(note);
  one.recall();
  expect(one.wasPublished?.(a) ?? false).toBe(false);
});
