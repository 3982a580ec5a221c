import { randomBytes } from 'node:crypto';
import { systemClock } from './base/clock.ts';
import { systemDice } from './base/dice.ts';
import { StartupError } from './base/startup-error.ts';
import { type AdminServer, startAdmin } from './control/admin/admin-server.ts';
import { adminPages } from './control/admin/pages.ts';
import { startClusterFeed } from './control/cluster-feed.ts';
import { Compiler } from './control/compile/compile.ts';
import type { Feed } from './control/feed.ts';
import { startFolderFeed } from './control/folder-feed.ts';
import { Lifecycle } from './control/lifecycle.ts';
import { claimPorts, PortBusyError } from './control/ports.ts';
import { BufferRing } from './control/publish/buffer-ring.ts';
import { Publisher } from './control/publish/publisher.ts';
import { RefusalLedger } from './control/refusal-ledger.ts';
import { ListenFailedError, ShardStartError } from './control/shards/start-errors.ts';
import { Supervisor } from './control/shards/supervisor.ts';
import type { BackendSnapshot, RouteSnapshot } from './model/snapshot.ts';
import { buildVersion } from './observe/build-info.ts';
import type { Log } from './observe/log.ts';
import { LoopDelay } from './observe/loop-delay.ts';
import { createLog } from './observe/pino-log.ts';
import { type Settings, toShardSettings } from './settings.ts';
import { resetHealth } from './table/health-words.ts';

/** Where the process listens, with the ports that it got. */
export interface BoundAddresses {
  readonly listeners: readonly { readonly name: string; readonly address: string; readonly port: number }[];
  readonly admin: { readonly address: string; readonly port: number };
}

export interface ServeOptions {
  /** Served instead of a folder. */
  readonly rules?: { readonly routes: RouteSnapshot; readonly backends: BackendSnapshot };
  /** Lines for standard output, once every shard serves. */
  readonly banner?: (bound: BoundAddresses) => readonly string[];
}

/**
 * Serves until a signal ends it. Returns the exit code: 0 after an orderly end, 69 when a port cannot be had, 70 when
 * the shards do not start, 78 when there is no such folder; then standard error has one sentence that says why.
 */
export async function serve(settings: Settings, options: ServeOptions): Promise<number> {
  try {
    await claimPorts(settings.listeners);
    return await new Process(settings, options).run();
  } catch (error) {
    const told = startErrors.find((kind) => error instanceof kind);
    if (told === undefined) throw error;
    const { message, exitCode } = error as InstanceType<typeof told>;
    process.stderr.write(`komainu: ${message}\n`);
    return exitCode;
  }
}

const startErrors = [PortBusyError, ListenFailedError, ShardStartError, StartupError] as const;

/**
 * The main thread's parts and how they hang together.
 *
 *   folder or cluster ─► store ─► pipeline ─► publisher ─► supervisor ─► shards
 *           └──────────────────────┴─► ledger ─► admin ◄─────┘
 */
class Process {
  readonly #settings: Settings;
  readonly #options: ServeOptions;
  readonly #log: Log;
  readonly #ledger: RefusalLedger;
  readonly #supervisor: Supervisor;
  readonly #publisher: Publisher;
  readonly #lifecycle: Lifecycle;
  readonly #loopDelay = new LoopDelay(systemClock);
  #feed: Feed | undefined;

  constructor(settings: Settings, options: ServeOptions) {
    const { shards: count, listeners, preStopMs, graceMs, logLevel } = settings;
    const clock = systemClock;
    const dice = systemDice;
    const log = createLog(logLevel);
    const proxyName = `komainu-${randomBytes(4).toString('hex')}`;
    const shardSettings = toShardSettings(settings);
    const supervisor = new Supervisor({ count, listeners, settings: shardSettings, proxyName, clock, dice, log });
    this.#settings = settings;
    this.#options = options;
    this.#log = log;
    this.#ledger = new RefusalLedger(log);
    this.#supervisor = supervisor;
    this.#publisher = new Publisher({
      compiler: new Compiler(dice),
      ring: new BufferRing(),
      send: (publication) => supervisor.send(publication),
      oldestAdopted: () => supervisor.oldestAdopted(),
      resetHealth: (slot) => resetHealth(supervisor.health, slot),
    });
    const drain = (ms: number) => supervisor.drain(ms);
    const exit = (code: number) => process.exit(code);
    const yieldWork = () => void this.#feed?.stopWriting();
    this.#lifecycle = new Lifecycle({ signals: process, clock, log, preStopMs, graceMs, yieldWork, drain, exit });
  }

  async run(): Promise<number> {
    const admin = await this.#startAdmin();
    this.#loopDelay.start();
    this.#lifecycle.listen();
    const feed = this.#startFeed();
    this.#feed = feed;
    try {
      const serving = Promise.all([feed.first, this.#supervisor.start()]).then(() => this.#tell(admin));
      await Promise.race([serving, this.#lifecycle.ended]);
      return await this.#lifecycle.ended;
    } finally {
      await this.#supervisor.drain(0);
      this.#lifecycle.release();
      await admin.close();
      await feed.stop();
      this.#loopDelay.stop();
    }
  }

  #startAdmin(): Promise<AdminServer> {
    const { adminAddress: address, adminPort: port } = this.#settings;
    const pages = adminPages({
      version: buildVersion(),
      settings: this.#settings,
      supervisor: this.#supervisor,
      publication: () => this.#publisher.current,
      refusals: () => this.#ledger.all(),
      source: () => this.#feed?.facts(),
      writer: () => this.#feed?.writerFacts(),
      stopping: () => this.#lifecycle.stopping,
      loopDelay: this.#loopDelay,
    });
    return startAdmin({ address, port, pages, log: this.#log });
  }

  #startFeed(): Feed {
    const { rules } = this.#options;
    if (rules !== undefined) return this.#feedRules(rules);
    const { publisher, ledger } = { publisher: this.#publisher, ledger: this.#ledger };
    const parts = { settings: this.#settings, publisher, ledger, clock: systemClock, dice: systemDice, log: this.#log };
    return this.#settings.kubernetes ? startClusterFeed(parts) : startFolderFeed(parts);
  }

  #feedRules(rules: NonNullable<ServeOptions['rules']>): Feed {
    this.#publisher.publish(rules);
    const nothing = () => Promise.resolve();
    const facts = () => undefined;
    return { first: nothing(), facts, writerFacts: facts, stopWriting: nothing, stop: nothing };
  }

  /** The first generation is programmed on every shard. */
  #tell({ address, port }: AdminServer): void {
    const listeners = this.#supervisor.listeners.map(({ name, address, port }) => ({ name, address, port }));
    const bound: BoundAddresses = { listeners, admin: { address, port } };
    const generation = this.#supervisor.programmed;
    this.#log.info({ ...bound, shards: this.#settings.shards, generation }, 'serving');
    for (const line of this.#options.banner?.(bound) ?? []) process.stdout.write(`${line}\n`);
  }
}
