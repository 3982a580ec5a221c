import { expect, test } from 'vitest';
import { resources } from '../../../../../src/control/cluster/resources.ts';
import { newSeed, seededDice } from '../../../../support/dice.ts';
import { type FakeApi, startFakeApi } from '../../../../support/fake-api/fake-api.ts';
import type { Misdeed } from '../../../../support/fake-api/faults.ts';
import { passTime, untilLater } from '../../../../support/fake-api/pass-time.ts';
import { type Reflection, reflect } from '../../../../support/fake-api/reflection.ts';
import { HandClock } from '../../../../support/hand-clock.ts';
import { waitUntil } from '../../../../support/wait-until.ts';

const NAMES = 60;
const STEPS = 60;
const seed = newSeed();

type Roll = (limit: number) => number;

function change(fake: FakeApi, roll: Roll): void {
  for (let i = roll(8); i >= 0; i--) {
    const name = `s${roll(NAMES)}`;
    const there = fake.get('Service', name) !== undefined;
    if (there && roll(3) === 0) fake.remove('Service', name);
    else fake.put({ kind: 'Service', metadata: { name, labels: { roll: String(roll(1000)) } }, weight: roll(4) });
  }
}

/** Once, and not at first: who says the same wrong thing twice running is believed, and so is who says it when nothing is known yet. */
function lie({ fake, reflection }: Stage, misdeed: Misdeed): void {
  const { state, synced } = reflection.reflector.report();
  if (state === 'doubting' || !synced) return;
  fake.faults.clear();
  fake.fault({ on: 'list', times: 1, misdeed });
}

interface Stage {
  readonly fake: FakeApi;
  readonly reflection: Reflection;
  readonly clock: HandClock;
  readonly roll: Roll;
}

const answer = (status: number, retryAfterSeconds: number) => ({ do: 'answer', status, retryAfterSeconds }) as const;

/** What may go wrong at a step. Each leaves the server well, or with faults that come to an end. */
const troubles: Readonly<Record<string, (stage: Stage) => void | Promise<void>>> = {
  cut: ({ fake }) => fake.cutWatches(),
  deafen: ({ fake }) => fake.deafenWatches(),
  garbage: ({ fake, roll }) => fake.say(['\n\n', 'x\n', '{}\n', '{"type":', 'null\n'][roll(5)]),
  expired: ({ fake, roll }) => fake.expire({ tellWatches: roll(2) === 0 }),
  empty: (stage) => lie(stage, { do: 'lie', objects: () => [] }),
  'missing page': (stage) => lie(stage, { do: 'skip-page' }),
  refused: ({ fake, roll }) =>
    fake.fault({ on: 'any', times: 1 + roll(4), misdeed: answer([429, 500, 503, 410][roll(4)], roll(9)) }),
  hangs: ({ fake, roll }) => fake.fault({ on: 'any', times: 1 + roll(2), misdeed: { do: 'hang' } }),
  'cut list': ({ fake, roll }) => fake.fault({ on: 'list', times: 1, misdeed: { do: 'cut', afterBytes: roll(2000) } }),
  'slow list': ({ fake }) => fake.fault({ on: 'list', times: 1, misdeed: { do: 'drip', bytes: 10, everyMs: 1000 } }),
  'said again': ({ fake, roll }) => {
    const changes = fake.history.since(0);
    if (changes.length === 0) return;
    const { type, object } = changes[roll(changes.length)];
    fake.sayEvent(type, object);
  },
  'down and up': async ({ fake, clock, roll }) => {
    await fake.down();
    change(fake, roll);
    await passTime(clock, roll(40) * 1000);
    await fake.up();
  },
  forbidden: async ({ fake, clock, roll }) => {
    fake.forbid('Service');
    change(fake, roll);
    await passTime(clock, roll(40) * 1000);
    fake.allow('Service');
  },
  unknown: async ({ fake, clock, roll }) => {
    fake.unlearn('Service');
    await passTime(clock, roll(40) * 1000);
    fake.learn(resources.service);
  },
  // Until that is noticed nothing else is written: what is written then may have the very versions that were lost.
  'back in time': async ({ fake, clock, reflection, roll }) => {
    fake.faults.clear();
    await settle({ fake, clock, reflection, roll });
    const backup = fake.backup();
    change(fake, roll);
    await settle({ fake, clock, reflection, roll });
    fake.restore(backup);
    await settle({ fake, clock, reflection, roll });
  },
};

const settle = ({ fake, clock, reflection }: Stage): Promise<true> =>
  untilLater(
    `the truth (seed ${seed})`,
    clock,
    () => reflection.isTrue() && reflection.reflector.report().state === 'watching',
    () => ({ report: reflection.reflector.report(), truth: fake.all('Service').length, seen: reflection.seen.size }),
  );

test(`random changes and random troubles end with the truth (KOMAINU_TEST_SEED=${seed})`, {
  timeout: 120_000,
}, async () => {
  const roll = seededDice(seed);
  const clock = new HandClock();
  await using fake = await startFakeApi({ clock });
  for (let i = 0; i < 20; i++) change(fake, roll);
  const dice = { below: roll, seed: () => seed };
  await using reflection = await reflect({ fake, clock, more: { pageLimit: 7, dice } });
  const stage = { fake, reflection, clock, roll };
  const names = Object.keys(troubles);
  for (let step = 0; step < STEPS; step++) {
    if (roll(2) === 0) change(fake, roll);
    await troubles[names[roll(names.length)]](stage);
    if (roll(2) === 0) change(fake, roll);
    await passTime(clock, roll(20) * 1000, 500);
    expect(fake.openConnections, `connections (seed ${seed})`).toBeLessThanOrEqual(4);
  }
  fake.faults.clear();
  // A watch that is open and dead is found out by its silence.
  await passTime(clock, 400_000);
  await settle(stage);
  await waitUntil('few connections', () => fake.openConnections <= 2, { state: () => fake.openConnections });
  expect(reflection.log.lines.filter(({ level }) => level === 'error')).toEqual([]);
});
