import { AddressBlocks } from '../base/address-blocks.ts';
import { BytePool } from '../base/byte-pool.ts';
import { systemClock } from '../base/clock.ts';
import { Deadlines } from '../base/deadlines.ts';
import { systemDice } from '../base/dice.ts';
import { type FailureName, failureNames } from '../model/failures.ts';
import type { Listener, ShardSettings } from '../model/shard-settings.ts';
import type { Log } from '../observe/log.ts';
import { EndpointTable } from '../table/endpoint-table.ts';
import { healthMoment } from '../table/health-words.ts';
import { RouteTable } from '../table/route-table.ts';
import type { Publication } from '../table/shard-messages.ts';
import { type Stage, shardWord, stages } from '../table/shard-words.ts';
import { RequestLines } from './forward/request-lines.ts';
import { Gate } from './listen/gate.ts';
import { openListener } from './listen/node/listener.ts';
import { OwnAnswers } from './listen/own-answer.ts';
import { Output } from './output.ts';
import { Backends } from './upstream/backend-state.ts';

/** The loop shows life this often, and looks for passed deadlines every fourth time. */
const HEARTBEAT_MS = 25;
const SWEEP_EVERY = 4;

const stageIndex = Object.fromEntries(stages.map((stage, index) => [stage, index])) as Record<Stage, number>;
const failureIndex = Object.fromEntries(failureNames.map((name, index) => [name, index])) as Record<
  FailureName,
  number
>;

/** What can be cut off when the code that serves it has thrown. */
export interface Subject {
  destroy(): void;
}

/** A client connection, as the shard needs it. */
export interface ClientConnection extends Subject {
  /** Nothing more after what runs: an idle connection closes now, a busy one after its answer. */
  finish(): void;
  /** `Shard.idleTimeoutMs` has become shorter: it holds for a connection that is idle already, too. */
  hurry(): void;
}

/** One worker thread's share of the traffic: its tables, listeners, connections and counters. */
export class Shard {
  readonly settings: ShardSettings;
  readonly trustedProxies: AddressBlocks;
  readonly words: Float64Array;
  readonly health: Int32Array;
  readonly deadlines = new Deadlines();
  readonly backends: Backends;
  readonly clientOutput = new Output();
  readonly upstreamOutput = new Output();
  readonly ownAnswers: OwnAnswers;
  /** Heads of requests, while they run. */
  readonly headBytes = new BytePool();
  readonly log: Log;
  readonly gate: Gate;
  readonly requestLines: RequestLines;
  readonly connections = new Set<ClientConnection>();
  routes!: RouteTable;
  /** Coarse monotonic time, good enough for time-outs: as old as the last sweep at most. */
  nowMs = performance.now();
  healthMoment = healthMoment();
  draining = false;
  /** What a kept-alive connection may wait without a request, as things are. */
  idleTimeoutMs: number;
  #endpointsGeneration = 0;
  #subject: Subject | undefined;
  #whenEmpty: (() => void) | undefined;

  constructor(settings: ShardSettings, words: Float64Array, health: Int32Array, log: Log, proxyName: string) {
    this.settings = settings;
    this.idleTimeoutMs = settings.idleTimeoutMs;
    this.trustedProxies = new AddressBlocks(settings.trustedProxies);
    this.ownAnswers = new OwnAnswers(settings, log, this.trustedProxies);
    this.backends = new Backends({ dice: systemDice, trustedProxies: this.trustedProxies });
    this.requestLines = new RequestLines(proxyName, settings.forwardedHeader, this.trustedProxies);
    this.words = words;
    this.log = log;
    this.gate = new Gate(words, settings.connectionLimit, systemClock, log);
    this.health = health;
  }

  /** Starts the heartbeat and the sweep of deadlines. */
  start(): void {
    let beats = 0;
    setInterval(() => {
      this.words[shardWord.heartbeat]++;
      if (++beats % SWEEP_EVERY === 0) this.sweep();
    }, HEARTBEAT_MS);
  }

  sweep(): void {
    this.nowMs = performance.now();
    this.healthMoment = healthMoment();
    this.#feelPressure();
    this.deadlines.sweep(this.nowMs);
  }

  #feelPressure(): void {
    const { idleTimeoutMs, pressureIdleMs } = this.settings;
    const fittingMs = this.gate.pressed ? Math.min(pressureIdleMs, idleTimeoutMs) : idleTimeoutMs;
    const shorter = fittingMs < this.idleTimeoutMs;
    this.idleTimeoutMs = fittingMs;
    if (shorter) for (const connection of this.connections) connection.hurry();
  }

  /** Swaps what the next exchange reads. Exchanges hold no table bytes: they copied what they needed when they began. */
  adopt(publication: Publication): void {
    this.enter('adopt', undefined);
    const { routes, endpoints } = publication;
    if (routes.generation !== this.routes?.generation) this.routes = new RouteTable(routes.bytes);
    if (endpoints.generation !== this.#endpointsGeneration) {
      this.#endpointsGeneration = endpoints.generation;
      this.backends.adopt(new EndpointTable(endpoints.bytes));
    }
    this.words[shardWord.adopted] = publication.generation;
    this.leave();
  }

  /** Resolves with the real ports, in the order of `listeners`. Errors: those of `net.Server.listen`. */
  async listen(listeners: readonly Listener[]): Promise<number[]> {
    for (const listener of listeners) this.gate.add(await openListener(this, listener));
    return this.gate.ports;
  }

  /** Stops listening and calls back when every exchange has ended; after `graceMs` what still runs is cut. */
  drain(graceMs: number, whenEmpty: () => void): void {
    this.gate.close();
    this.draining = true;
    this.backends.closeIdle();
    this.#whenEmpty = whenEmpty;
    for (const connection of this.connections) connection.finish();
    setTimeout(() => this.#cutAll(), graceMs);
    this.#tellWhenEmpty();
  }

  /** A client connection has closed; its place at the gate is free. */
  left(connection: ClientConnection): void {
    if (this.connections.delete(connection)) this.gate.left();
    this.#tellWhenEmpty();
  }

  /** Whatever is on the stage has thrown: it is cut off, the others are innocent. */
  cutSubject(): void {
    this.#subject?.destroy();
    this.leave();
  }

  /** Says what the thread does now, for the supervisor and for `cutSubject`. */
  enter(stage: Stage, subject: Subject | undefined): void {
    this.words[shardWord.stage] = stageIndex[stage];
    this.#subject = subject;
  }

  leave(): void {
    this.words[shardWord.stage] = 0;
    this.#subject = undefined;
  }

  countFailure(failure: FailureName): void {
    this.words[shardWord.failures + failureIndex[failure]]++;
  }

  #cutAll(): void {
    for (const connection of this.connections) connection.destroy();
    this.#tellWhenEmpty();
  }

  #tellWhenEmpty(): void {
    if (this.#whenEmpty === undefined || this.connections.size > 0) return;
    const tell = this.#whenEmpty;
    this.#whenEmpty = undefined;
    tell();
  }
}
