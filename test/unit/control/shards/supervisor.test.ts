import { connect } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { type Clock, systemClock } from '../../../../src/base/clock.ts';
import { ListenFailedError, ShardStartError } from '../../../../src/control/shards/start-errors.ts';
import { Supervisor, type SupervisorOptions } from '../../../../src/control/shards/supervisor.ts';
import type { ShardSettings } from '../../../../src/model/shard-settings.ts';
import type { Publication } from '../../../../src/table/shard-messages.ts';
import { shardWord } from '../../../../src/table/shard-words.ts';
import { HandClock } from '../../../support/hand-clock.ts';
import { KeptLog } from '../../../support/kept-log.ts';
import { type Script, ShardScript } from '../../../support/shard-script.ts';
import { waitUntil } from '../../../support/wait-until.ts';

const publication = (generation: number): Publication => {
  const part = { generation, bytes: new SharedArrayBuffer(8) };
  return { generation, routes: part, endpoints: part };
};

const http = {
  name: 'http',
  address: '127.0.0.1',
  port: 0,
  engine: 'node',
  proxyProtocol: 'off',
  proxyProtocolFrom: [],
} as const;
const endings: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const end of endings.splice(0)) await end();
});

function set(count: number, script: Script = {}, given: Partial<SupervisorOptions> = {}) {
  const shards = new ShardScript(script);
  const log = new KeptLog();
  const supervisor = new Supervisor({
    count,
    listeners: [http],
    settings: {} as ShardSettings,
    proxyName: 'komainu-test',
    clock: systemClock,
    dice: { below: () => 0, seed: () => 1 },
    log,
    workerUrl: shards.url,
    ...given,
  });
  const clock = given.clock;
  endings.push(async () => {
    const drained = supervisor.drain(0);
    while (clock instanceof HandClock && supervisor.oldestAdopted() !== Number.POSITIVE_INFINITY) {
      clock.advance(1_000);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await drained;
    shards.close();
  });
  return { supervisor, shards, log };
}

async function serving(
  count: number,
  script: Script = {},
  clock: Clock = systemClock,
  more: Partial<SupervisorOptions> = {},
) {
  const made = set(count, script, { clock, ...more });
  const started = made.supervisor.start();
  made.supervisor.send(publication(1));
  await started;
  return made;
}

/** Who answers a fresh connection: `<index>.<incarnation>`. */
function ask(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect({ host: '127.0.0.1', port });
    socket.on('data', (bytes) => {
      text += bytes;
    });
    socket.once('error', reject).once('close', () => resolve(text));
  });
}

async function askUntil(port: number, wanted: string): Promise<void> {
  while ((await ask(port).catch(() => '')) !== wanted);
}

describe('start', () => {
  test('a shard adopts before it listens, and the start is done when every shard serves', async () => {
    const { supervisor, shards } = set(2);
    const started = supervisor.start();
    await Promise.all([shards.heard('0.0', 'started'), shards.heard('1.0', 'started')]);
    expect(supervisor.oldestAdopted()).toBe(0);
    expect(supervisor.steady).toBe(false);
    supervisor.send(publication(1));
    await started;
    for (const index of [0, 1]) {
      const own = shards.told.filter((told) => told.index === index).map((told) => told.what);
      expect(own.slice(0, 2)).toEqual(['started', { adopt: 1 }]);
    }
    expect([supervisor.steady, supervisor.programmed, supervisor.oldestAdopted()]).toEqual([true, 1, 1]);
    expect(supervisor.reports().map((report) => report.state)).toEqual(['serving', 'serving']);
  });

  test('with port 0 one shard asks the kernel and the others get its port', async () => {
    const { supervisor, shards } = await serving(3);
    const { port } = supervisor.listeners[0];
    expect(port).toBeGreaterThan(0);
    await waitUntil(
      'shards.told.filter(({ what }) => typeof what === ’object’ && ’listen’ in what).length === 3',
      () => shards.told.filter(({ what }) => typeof what === 'object' && 'listen' in what).length === 3,
    );
    const asked = shards.told.flatMap(({ what }) => (typeof what === 'object' && 'listen' in what ? what.listen : []));
    expect(asked.sort((a, b) => a - b)).toEqual([0, port, port]);
    await Promise.all(['0.0', '1.0', '2.0'].map((who) => askUntil(port, who)));
  });

  test('a shard that ends while it asks for the port leaves the asking to another', async () => {
    const { supervisor, shards } = set(2, { '0.0': ['listen-late'], '1.0': ['acknowledge-late'] });
    const started = supervisor.start();
    supervisor.send(publication(1));
    await shards.heard('0.0', { listen: [0] });
    await shards.heard('1.0', { adopt: 1 });
    shards.command('1.0', 'acknowledge');
    shards.command('0.0', 'exit');
    await started;
    await askUntil(supervisor.listeners[0].port, '0.1');
    await askUntil(supervisor.listeners[0].port, '1.0');
  });

  test('an address that cannot be had ends the start with a sentence and leaves nothing running', async () => {
    const { supervisor } = set(2, { '0.0': ['listen-failed'], '1.0': ['listen-failed'] });
    const started = supervisor.start();
    supervisor.send(publication(1));
    await expect(started).rejects.toThrow(ListenFailedError);
    await expect(started).rejects.toThrow(/^Port 0 on 127\.0\.0\.1 is in use by another program: .* --http-port/);
    expect(supervisor.oldestAdopted()).toBe(Number.POSITIVE_INFINITY);
  });

  test('a shard that throws before it can say so is tried five times, then the start has failed', async () => {
    const quirks = Object.fromEntries([0, 1, 2, 3, 4].map((n) => [`0.${n}`, ['throw-at-start'] as const]));
    const { supervisor, log } = set(1, quirks);
    await expect(supervisor.start()).rejects.toThrow(ShardStartError);
    expect(log.of('shard ended with an exception')).toHaveLength(5);
  });

  test('one that ends at its start is replaced and the start succeeds', async () => {
    const { supervisor } = await serving(2, { '1.0': ['exit-at-start'] });
    await askUntil(supervisor.listeners[0].port, '1.1');
    expect(supervisor.reports().map((report) => report.restarts)).toEqual([0, 1]);
  });

  test('a drain during the start ends it', async () => {
    const { supervisor, shards } = set(2);
    void supervisor.start();
    await shards.heard('0.0', 'started');
    await supervisor.drain(1_000);
    expect(supervisor.oldestAdopted()).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('publications', () => {
  /** Two shards, of which shard 0 acknowledges only when told. */
  async function withSlowShard() {
    const made = set(2, { '0.0': ['acknowledge-late'] });
    const started = made.supervisor.start();
    made.supervisor.send(publication(1));
    await made.shards.heard('0.0', { adopt: 1 });
    made.shards.command('0.0', 'acknowledge');
    await started;
    return made;
  }

  test('a generation is programmed when the last shard has acknowledged it', async () => {
    const { supervisor, shards } = await withSlowShard();
    supervisor.send(publication(2));
    await Promise.all([shards.heard('0.0', { adopt: 2 }), shards.heard('1.0', { adopt: 2 })]);
    await waitUntil('supervisor.reports()[1].adopted === 2', () => supervisor.reports()[1].adopted === 2);
    expect([supervisor.programmed, supervisor.oldestAdopted()]).toEqual([1, 1]);
    shards.command('0.0', 'acknowledge');
    await waitUntil('supervisor.programmed === 2', () => supervisor.programmed === 2);
    expect(supervisor.oldestAdopted()).toBe(2);
  });

  test('a slow shard gets the newest publication next and none of those between', async () => {
    const { supervisor, shards } = await withSlowShard();
    for (let generation = 2; generation <= 50; generation++) supervisor.send(publication(generation));
    await shards.heard('1.0', { adopt: 50 });
    await shards.heard('0.0', { adopt: 2 });
    shards.command('0.0', 'acknowledge');
    await shards.heard('0.0', { adopt: 50 });
    const offered = shards.told.flatMap(({ index, what }) =>
      index === 0 && typeof what === 'object' && 'adopt' in what ? [what.adopt] : [],
    );
    expect(offered).toEqual([1, 2, 50]);
  });

  test('a replacement holds back the oldest generation until it has adopted, then has the newest', async () => {
    const { supervisor, shards } = await serving(2, { '1.1': ['acknowledge-late'] });
    supervisor.send(publication(2));
    shards.command('1.0', 'exit');
    await shards.heard('1.1', { adopt: 2 });
    expect(supervisor.oldestAdopted()).toBe(0);
    expect(supervisor.programmed).toBe(2);
    shards.command('1.1', 'acknowledge');
    await waitUntil('supervisor.servingCount === 2', () => supervisor.servingCount === 2);
    expect(supervisor.oldestAdopted()).toBe(2);
  });
});

describe('a shard that breaks', () => {
  const sudden = [
    ['throws', 'throw', 'shard ended with an exception'],
    ['ends its thread', 'exit', 'shard ended unexpectedly'],
    ['uses up its memory', 'exhaust', 'shard ended with an exception'],
  ] as const;

  for (const [what, command, message] of sudden) {
    test(`one that ${what} is replaced, and the other never notices`, async () => {
      const resourceLimits = { maxOldGenerationSizeMb: 24, maxYoungGenerationSizeMb: 4 };
      const { supervisor, shards, log } = await serving(2, {}, systemClock, { resourceLimits });
      const { port } = supervisor.listeners[0];
      shards.command('0.0', command);
      await askUntil(port, '0.1');
      await askUntil(port, '1.0');
      expect(log.of(message)[0].fields).toMatchObject({ shard: 0 });
      expect(supervisor.listeners[0].port).toBe(port);
      expect(supervisor.reports().map((report) => report.restarts)).toEqual([1, 0]);
      expect(shards.told.filter((told) => told.index === 1 && told.what === 'started')).toHaveLength(1);
    });
  }

  test('one that says it failed is replaced before it has gone, and goes by itself', async () => {
    const { supervisor, shards, log } = await serving(1);
    shards.command('0.0', 'fail');
    await askUntil(supervisor.listeners[0].port, '0.1');
    supervisor.send(publication(2)); // it still finishes exchanges: they need the newest too
    await shards.heard('0.0', { adopt: 2 });
    await shards.heard('0.1', { adopt: 2 });
    shards.command('0.0', 'leave');
    await waitUntil('supervisor.oldestAdopted() === 2', () => supervisor.oldestAdopted() === 2);
    expect(log.of('shard failed')[0].fields).toEqual({ shard: 0, reason: 'scripted failure', stack: 'at scripted' });
    expect(log.of('shard ended unexpectedly')).toEqual([]);
    expect(supervisor.reports()[0].restarts).toBe(1);
  });

  test('one that failed and does not leave is ended after 10 s', async () => {
    const clock = new HandClock();
    const { supervisor, shards, log } = await serving(1, {}, clock);
    shards.command('0.0', 'fail');
    await shards.heard('0.1', { adopt: 1 });
    await waitUntil('supervisor.servingCount === 1', () => supervisor.servingCount === 1);
    shards.command('0.0', 'loop');
    await shards.heard('0.0', 'looping');
    supervisor.send(publication(2));
    await waitUntil('supervisor.programmed === 2', () => supervisor.programmed === 2);
    expect(supervisor.oldestAdopted()).toBe(1);
    clock.sleep(9_999);
    expect(log.of('failed shard did not leave and is ended')).toEqual([]);
    clock.sleep(1);
    expect(log.of('failed shard did not leave and is ended')).toHaveLength(1);
    await waitUntil('supervisor.oldestAdopted() === 2', () => supervisor.oldestAdopted() === 2);
  });

  test('one that loops for ever is late, then ended and replaced', async () => {
    const { supervisor, shards, log } = await serving(2);
    const { port } = supervisor.listeners[0];
    shards.command('1.0', 'loop');
    await waitUntil('supervisor.lateShards().includes(1)', () => supervisor.lateShards().includes(1));
    await askUntil(port, '1.1');
    await askUntil(port, '0.0');
    await waitUntil('supervisor.lateShards().length === 0', () => supervisor.lateShards().length === 0);
    expect(log.of('shard is stuck')[0].fields).toMatchObject({ shard: 1, stage: 'upstream-bytes' });
  });

  test('one that dies again soon waits longer each time', async () => {
    const clock = new HandClock();
    const { supervisor, shards } = await serving(1, {}, clock);
    shards.command('0.0', 'exit');
    await shards.heard('0.1', { adopt: 1 }); // the first replacement does not wait: the clock stood still
    await waitUntil('supervisor.servingCount === 1', () => supervisor.servingCount === 1);
    for (const [died, waitMs] of [
      [1, 100],
      [2, 200],
      [3, 400],
    ]) {
      shards.command(`0.${died}`, 'exit');
      await waitUntil('supervisor.reports()[0].state === ’waiting’', () => supervisor.reports()[0].state === 'waiting');
      clock.sleep(waitMs - 1);
      expect(supervisor.reports()[0].state).toBe('waiting');
      clock.sleep(1);
      expect(supervisor.reports()[0].state).toBe('starting');
      await waitUntil('supervisor.servingCount === 1', () => supervisor.servingCount === 1);
    }
    expect(supervisor.reports()[0].restarts).toBe(4);
  });

  test('a replacement that cannot listen is tried again, and the process goes on', async () => {
    const { supervisor, shards, log } = await serving(2, { '0.1': ['listen-failed'] });
    shards.command('0.0', 'exit');
    await askUntil(supervisor.listeners[0].port, '0.2');
    expect(log.of('shard cannot listen')[0].fields).toMatchObject({ shard: 0, code: 'EADDRINUSE' });
  });

  test('counters of the one that ended stay in the totals, what it had open does not', async () => {
    const { supervisor, shards } = await serving(2);
    for (const who of ['0.0', '1.0']) {
      shards.command(who, 'count');
      await shards.heard(who, 'counted');
    }
    expect(supervisor.totals()[shardWord.answers + 1]).toBe(20);
    expect(supervisor.totals()[shardWord.connectionsOpen]).toBe(14);
    shards.command('0.0', 'exit');
    await shards.heard('0.1', 'started');
    expect(supervisor.totals()[shardWord.answers + 1]).toBe(20);
    expect(supervisor.totals()[shardWord.connectionsOpen]).toBe(7);
  });
});

describe('drain', () => {
  test('every shard is told and the drain is done when all have gone', async () => {
    const { supervisor, shards, log } = await serving(2);
    await supervisor.drain(5_000);
    expect(shards.told.filter((told) => told.what === 'drain')).toHaveLength(2);
    expect(supervisor.oldestAdopted()).toBe(Number.POSITIVE_INFINITY);
    expect(log.of('shard ended unexpectedly')).toEqual([]);
    expect([supervisor.draining, supervisor.programmed, supervisor.servingCount]).toEqual([true, 0, 0]);
  });

  test('what is left 1 s after the grace period is ended', async () => {
    const clock = new HandClock();
    const { supervisor, shards } = await serving(2, { '1.0': ['drain-never'] }, clock);
    const drained = supervisor.drain(5_000);
    await shards.heard('1.0', 'drain');
    await waitUntil('supervisor.reports()[0].state === ’waiting’', () => supervisor.reports()[0].state === 'waiting');
    clock.sleep(5_999);
    expect(supervisor.reports()[1].state).toBe('draining');
    clock.sleep(1);
    await drained;
    expect(supervisor.oldestAdopted()).toBe(Number.POSITIVE_INFINITY);
  });

  test('a second drain with a shorter period hurries the first', async () => {
    const clock = new HandClock();
    const { supervisor, shards } = await serving(1, { '0.0': ['drain-never'] }, clock);
    const first = supervisor.drain(60_000);
    await shards.heard('0.0', 'drain');
    const second = supervisor.drain(0);
    clock.sleep(1_000);
    await Promise.all([first, second]);
    expect(supervisor.servingCount).toBe(0);
  });

  test('a shard that breaks while it drains is not replaced', async () => {
    const { supervisor, shards } = await serving(1, { '0.0': ['drain-never'] });
    const drained = supervisor.drain(60_000);
    await shards.heard('0.0', 'drain');
    shards.command('0.0', 'throw');
    await drained;
    expect(supervisor.reports()[0]).toMatchObject({ state: 'waiting', restarts: 0 });
  });
});

test('a line of a shard reaches the log with the index of the shard', async () => {
  const { shards, log } = await serving(2);
  shards.command('1.0', 'log');
  await waitUntil('log.of(’scripted line’).length > 0', () => log.of('scripted line').length > 0);
  expect(log.of('scripted line')).toEqual([
    { level: 'info', fields: { scripted: true, shard: 1 }, message: 'scripted line' },
  ]);
});
