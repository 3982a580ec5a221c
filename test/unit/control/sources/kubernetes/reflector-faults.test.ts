import { expect, test } from 'vitest';
import { type FakeApi, startFakeApi } from '../../../../support/fake-api/fake-api.ts';
import { faultScripts } from '../../../../support/fake-api/fault-scripts.ts';
import { passTime, untilLater } from '../../../../support/fake-api/pass-time.ts';
import { reflect } from '../../../../support/fake-api/reflection.ts';
import { HandClock } from '../../../../support/hand-clock.ts';
import { waitUntil } from '../../../../support/wait-until.ts';

/** Each call makes a new Service, changes one and removes one. */
function changes(fake: FakeApi): () => void {
  let count = 0;
  return () => {
    fake.put({ kind: 'Service', metadata: { name: `new${count}` } });
    fake.put({ kind: 'Service', metadata: { name: `s${count}`, labels: { changed: 'yes' } } });
    fake.remove('Service', `s${count + 20}`);
    count++;
  };
}

test.each(faultScripts)(
  'whatever happens, the truth is known in the end: $name',
  async ({ before, begin, lastsMs, end }) => {
    const clock = new HandClock();
    await using fake = await startFakeApi({ clock });
    for (let i = 0; i < 40; i++) fake.put({ kind: 'Service', metadata: { name: `s${i}` } });
    await before?.(fake);
    await using reflection = await reflect({ fake, clock, more: { pageLimit: 10 } });
    const isWatching = (): boolean => reflection.reflector.report().state === 'watching';
    if (begin !== undefined) await waitUntil('the watch', () => fake.watches.size === 1 && isWatching());
    const removed = reflection.deltas.length;
    const change = changes(fake);
    await begin?.(fake, change);
    await passTime(clock, lastsMs ?? 0);
    await end?.(fake);
    change();
    const state = (): unknown => ({ ...reflection.reflector.report(), log: reflection.log.lines.slice(-3) });
    await untilLater('the truth', clock, () => reflection.isTrue() && isWatching() && fake.watches.size === 1, state);
    await waitUntil('one watch and at most one connection that is idle', () => fake.openConnections <= 2, {
      state: () => fake.openConnections,
    });
    expect(fake.mostConnections).toBeLessThanOrEqual(4);
    // Nothing was taken away but what the test removed.
    const gone = reflection.deltas.slice(removed).flatMap(({ remove }) => remove.map(({ name }) => name));
    for (const name of gone) expect(fake.get('Service', name), name).toBe(undefined);
  },
);
