import type { Clock } from '../../src/base/clock.ts';
import { type ApiAnswer, type ApiRequest, ApiUnreachable } from '../../src/control/cluster/api.ts';
import { Leader } from '../../src/control/leader/leader.ts';
import { HandClock } from './hand-clock.ts';
import { LeaseServer } from './lease-server.ts';

type Draw = (limit: number) => number;

const WALL_MS = Date.UTC(2026, 0, 1);

/** What goes wrong, in parts of a thousand. */
export interface Faults {
  /** A request that never arrives, and an answer that never comes back. */
  readonly lost: number;
  /** Of 500. */
  readonly refused: number;
  /** A request or an answer that takes up to six seconds. */
  readonly slow: number;
  /** News that the watch leaves out. */
  readonly deaf: number;
}

export const noFaults: Faults = { lost: 0, refused: 0, slow: 0, deaf: 0 };

/** A write that a process began while it was allowed to, and when it arrived. */
export interface WorldWrite {
  readonly process: number;
  readonly begunMs: number;
  readonly arrivesMs: number;
}

/** Candidates, one API server and a network between them, in a time that a test moves; all choices come from one seed. */
export class ElectionWorld {
  readonly time = new HandClock();
  readonly server = new LeaseServer();
  readonly processes: WorldProcess[];
  readonly writes: WorldWrite[] = [];
  #noKillBeforeMs = 0;
  readonly draw: Draw;
  faults: Faults = noFaults;

  constructor(count: number, draw: Draw) {
    this.draw = draw;
    this.processes = Array.from({ length: count }, (_, index) => new WorldProcess(this, index));
    for (const one of this.processes) one.start();
  }

  /** In steps of 10 ms; after each, `look` may judge. */
  async pass(ms: number, look: () => void): Promise<void> {
    for (let done = 0; done < ms; done += 10) {
      this.time.advance(10);
      await new Promise((resolve) => setImmediate(resolve));
      for (const one of this.processes) one.write();
      look();
    }
  }

  get writers(): WorldProcess[] {
    return this.processes.filter((one) => one.mayWrite());
  }

  /**
   * Whoever has seen the Lease waits until its holder must have noticed. A process that never saw it takes its chance:
   * there is nothing that could tell it of the holder.
   */
  deleteLease(): void {
    if (!this.processes.every(({ leader }) => leader.facts().holder !== '')) return;
    this.#noKillBeforeMs = this.time.now() + 20_000;
    this.server.delete('lease');
  }

  kill(one: WorldProcess): void {
    if (this.time.now() >= this.#noKillBeforeMs) one.kill();
  }

  happens(permille: number): boolean {
    return this.draw(1_000) < permille;
  }

  delayMs(): number {
    return this.happens(this.faults.slow) ? this.draw(6_000) : 1 + this.draw(20);
  }
}

/** Stopped: its timers and answers wait. Suspended: its monotonic clock stands too. */
type Pause = 'stopped' | 'suspended';

export class WorldProcess {
  readonly #world: ElectionWorld;
  readonly #index: number;
  leader: Leader;
  #pause: Pause | undefined;
  #pausedAtMs = 0;
  /** How long its monotonic clock has stood. */
  #stoodMs = 0;
  #life = { over: false };
  #waiting: (() => void)[] = [];
  #lastWriteMs = 0;

  constructor(world: ElectionWorld, index: number) {
    this.#world = world;
    this.#index = index;
    this.leader = this.#newLeader();
  }

  start(): void {
    this.leader.start();
  }

  mayWrite(): boolean {
    return this.#pause === undefined && this.leader.mayWrite();
  }

  /** A write every 100 ms, given up after five seconds. */
  write(): void {
    const { time } = this.#world;
    if (!this.mayWrite() || time.now() - this.#lastWriteMs < 100) return;
    this.#lastWriteMs = time.now();
    const arrivesMs = time.now() + Math.min(this.#world.delayMs(), 5_000);
    this.#world.writes.push({ process: this.#index, begunMs: time.now(), arrivesMs });
  }

  pause(how: Pause): void {
    if (this.#pause !== undefined) return;
    this.#pause = how;
    this.#pausedAtMs = this.#world.time.now();
  }

  /** Asks whether it may write before anything that waited has run. */
  resume(): boolean {
    if (this.#pause === undefined) return false;
    if (this.#pause === 'suspended') this.#stoodMs += this.#world.time.now() - this.#pausedAtMs;
    this.#pause = undefined;
    const writes = this.mayWrite();
    for (const run of this.#waiting.splice(0)) run();
    return writes;
  }

  /** Another process of the same name takes its place. */
  kill(): void {
    this.#waiting = [];
    this.#pause = undefined;
    this.#life.over = true; // what it has sent may still arrive
    this.leader = this.#newLeader();
    this.start();
  }

  #newLeader(): Leader {
    const world = this.#world;
    const life = { over: false };
    this.#life = life;
    const then = (run: () => void) => {
      if (life.over) return;
      if (this.#pause === undefined) run();
      else this.#waiting.push(() => then(run));
    };
    const now = () => world.time.now() - this.#stoodMs - (this.#pause === 'suspended' ? this.#age() : 0);
    const clock: Clock = { now, after: (ms, run) => world.time.after(ms, () => then(run)) };
    return new Leader({
      ...{ namespace: 'komainu', name: 'lease', identity: `process-${this.#index}`, clock },
      api: { call: (request) => this.#call(request, then), stream: () => world.server.stream() },
      dice: { below: world.draw, seed: () => 1 },
      log: { debug() {}, info() {}, warn() {}, error() {} },
      momentNow: () => ({ monotonicMs: now(), bootMs: world.time.now(), wallMs: WALL_MS + world.time.now() }),
      follow: (tell) =>
        world.server.follow((lease) => {
          if (world.happens(world.faults.deaf)) return;
          world.time.after(world.delayMs(), () => then(() => tell(lease)));
        }),
    });
  }

  #age(): number {
    return this.#world.time.now() - this.#pausedAtMs;
  }

  /** A request that was given up may arrive all the same. */
  #call(request: ApiRequest, then: (run: () => void) => void): Promise<ApiAnswer> {
    const world = this.#world;
    const { promise, resolve, reject } = Promise.withResolvers<ApiAnswer>();
    world.time.after(request.timeoutMs ?? 30_000, () => then(() => reject(new ApiUnreachable('too late'))));
    if (world.happens(world.faults.lost)) return promise;
    world.time.after(world.delayMs(), () => {
      const refused = { status: 500, body: undefined, retryAfterMs: undefined };
      const answer = world.happens(world.faults.refused) ? refused : world.server.serve(request);
      if (!world.happens(world.faults.lost)) world.time.after(world.delayMs(), () => then(() => resolve(answer)));
    });
    return promise;
  }
}
