import { expect, test } from 'vitest';
import { startFakeApi } from '../../../../support/fake-api/fake-api.ts';
import { reflect } from '../../../../support/fake-api/reflection.ts';
import { waitUntil } from '../../../../support/wait-until.ts';

const service = (name: string, more: object = {}) => ({ kind: 'Service', metadata: { name }, ...more });

test('what is there is listed, and what changes afterwards is told', async () => {
  await using fake = await startFakeApi();
  fake.put(service('a'));
  await using reflection = await reflect({ fake });
  await reflection.reflector.synced;
  expect([...reflection.seen.keys()]).toEqual(['default/a']);
  await waitUntil('the watch', () => fake.watches.size === 1);
  fake.put(service('b'));
  fake.put(service('a', { spec: { x: 1 } }));
  fake.remove('Service', 'b');
  await waitUntil('the change', () => fake.history.revision > 1000 && reflection.isTrue());
  expect(reflection.reflector.report()).toMatchObject({
    state: 'watching',
    synced: true,
    objects: 1,
    lists: 1,
    watches: 1,
    errors: 0,
  });
});

test('a list of many pages is taken as one', async () => {
  await using fake = await startFakeApi();
  for (let i = 0; i < 95; i++) fake.put(service(`s${i}`));
  await using reflection = await reflect({ fake, more: { pageLimit: 10 } });
  await reflection.reflector.synced;
  expect(reflection.isTrue()).toBe(true);
  expect(reflection.deltas.length).toBe(1);
  expect(fake.count('list')).toBe(10);
});
