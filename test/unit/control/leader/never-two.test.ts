import { expect, test } from 'vitest';
import { newSeed, seededDice } from '../../../support/dice.ts';
import { ElectionWorld, noFaults, type WorldWrite } from '../../../support/election-world.ts';

const MINUTE_MS = 60_000;

/** The first write that arrived after another process had begun to write. */
function staleWrite(writes: readonly WorldWrite[]): object | undefined {
  let latest: WorldWrite | undefined; // of the one who wrote before
  let own: WorldWrite | undefined;
  for (const write of writes) {
    if (own !== undefined && own.process !== write.process) [latest, own] = [own, undefined];
    if (latest !== undefined && latest.arrivesMs > write.begunMs) return { stale: latest, write };
    if (own === undefined || own.arrivesMs < write.arrivesMs) own = write;
  }
  return undefined;
}

/** One thing that happens to somebody. */
function mishap(world: ElectionWorld): void {
  const victim = world.processes[world.draw(world.processes.length)];
  const thawMs = 100 + world.draw(40_000);
  const what = world.draw(7);
  if (what < 3) {
    victim.pause(what === 0 ? 'suspended' : 'stopped');
    world.time.after(thawMs, () => {
      const others = world.writers.length;
      if (victim.resume()) expect(others).toBe(0);
    });
  } else if (what === 3) world.kill(victim);
  else if (what === 4) world.deleteLease();
  else
    world.faults = { lost: world.draw(600), refused: world.draw(300), slow: world.draw(500), deaf: world.draw(1_001) };
}

test.each([2, 3, 5])(
  '%i candidates, whatever happens to them and to the network, never write at one time',
  async (count) => {
    const seed = newSeed();
    const world = new ElectionWorld(count, seededDice(seed));
    let most = 0;
    const look = () => {
      most = Math.max(most, world.writers.length);
      if (most > 1) throw new Error(`two writers at ${world.time.now()} ms, seed ${seed}`);
    };
    for (let round = 0; round < 40; round++) {
      mishap(world);
      await world.pass(world.draw(30_000), look);
      if (world.draw(3) === 0) world.faults = noFaults;
    }
    expect(most, `seed ${seed}`).toBe(1);

    expect(new Set(world.writes.map(({ process }) => process)).size, `seed ${seed}`).toBeGreaterThan(1);
    expect(staleWrite(world.writes), `seed ${seed}`).toBeUndefined();

    // Peace: somebody leads, and goes on leading.
    world.faults = noFaults;
    for (const one of world.processes) one.resume();
    await world.pass(MINUTE_MS, look);
    expect(world.writers, `seed ${seed}`).toHaveLength(1);
    const [leader] = world.writers;
    await world.pass(MINUTE_MS, () => expect(world.writers, `seed ${seed}`).toEqual([leader]));
  },
);
