import { errorCount, type Round } from './measure.ts';
import { type Spread, spreadOf } from './statistics.ts';

/** All rounds of one proxy. */
export interface Measured {
  readonly name: string;
  readonly version: string;
  /** Load before the first round: only its errors count. */
  readonly warmUp: Round;
  /** In the order of the run; each proxy has as many as the others. */
  readonly rounds: readonly Round[];
}

/** One row of the table. */
export interface Summary {
  readonly name: string;
  readonly version: string;
  readonly cpuUsPerRequest: Spread;
  /** CPU per request, round by round, against the better peer; undefined where no peer ran. */
  readonly ratio: Spread | undefined;
  readonly requestsPerSecond: Spread;
  readonly p50Us: Spread;
  readonly p99Us: Spread;
  /** Of all processes together, after the last round. */
  readonly residentKib: number;
  readonly requests: number;
  /** That the backend accepted per thousand requests, warm-up included: 1,000 is no reuse at all. */
  readonly connectionsPerThousand: number;
  readonly errors: number;
}

/** The peer (not Komainu) with the lowest median CPU per request; undefined where none ran. */
export function betterPeer(all: readonly Measured[]): Measured | undefined {
  const cost = (one: Measured) => spreadOf(one.rounds.map((round) => round.cpuUsPerRequest)).median;
  return all.filter((one) => one.name !== 'komainu').toSorted((a, b) => cost(a) - cost(b))[0];
}

/** Ratios pair the rounds, so that a slow minute of the machine falls on both sides of the fraction. */
export function summarise(measured: Measured, peer: Measured | undefined): Summary {
  const { name, version, warmUp, rounds } = measured;
  const over = (field: 'cpuUsPerRequest' | 'requestsPerSecond' | 'p50Us' | 'p99Us') =>
    spreadOf(rounds.map((round) => round[field]));
  const sum = (figure: (round: Round) => number) => rounds.reduce((total, round) => total + figure(round), 0);
  const all = (figure: (round: Round) => number) => figure(warmUp) + sum(figure);
  const cost = (one: Measured, round: number) => (one.rounds[round] as Round).cpuUsPerRequest;
  return {
    name,
    version,
    cpuUsPerRequest: over('cpuUsPerRequest'),
    ratio: peer && spreadOf(rounds.map((_, round) => cost(measured, round) / cost(peer, round))),
    requestsPerSecond: over('requestsPerSecond'),
    p50Us: over('p50Us'),
    p99Us: over('p99Us'),
    residentKib: (rounds.at(-1) as Round).residentKib.reduce((total, kib) => total + kib, 0),
    requests: sum((round) => round.requests),
    connectionsPerThousand: (1000 * all((round) => round.upstreamConnections)) / all((round) => round.requests),
    errors: all((round) => errorCount(round.errors)),
  };
}
