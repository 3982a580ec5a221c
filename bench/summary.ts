import { errorCount, type Round } from './measure.ts';
import { medianInterval, type Spread, spreadOf } from './statistics.ts';

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
  /** CPU per request, round by round, against the reference; undefined where none ran. */
  readonly ratio: Spread | undefined;
  /** The same median, and where it would lie if the rounds never ended. */
  readonly ratioInterval: Spread | undefined;
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

/**
 * What ratios are made with: the other revision where one runs, otherwise the peer (not Komainu) with the lowest median CPU
 * per request; undefined where neither ran.
 */
export function referenceOf(all: readonly Measured[]): Measured | undefined {
  const cost = (one: Measured) => spreadOf(one.rounds.map((round) => round.cpuUsPerRequest)).median;
  const peers = all.filter((one) => one.name !== 'komainu').toSorted((a, b) => cost(a) - cost(b));
  return peers.find(({ name }) => name === 'base') ?? peers[0];
}

/** Ratios pair the rounds, so that a slow minute of the machine falls on both sides of the fraction. */
export function summarise(measured: Measured, reference: Measured | undefined): Summary {
  const { name, version, warmUp, rounds } = measured;
  const over = (field: 'cpuUsPerRequest' | 'requestsPerSecond' | 'p50Us' | 'p99Us') =>
    spreadOf(rounds.map((round) => round[field]));
  const sum = (figure: (round: Round) => number) => rounds.reduce((total, round) => total + figure(round), 0);
  const all = (figure: (round: Round) => number) => figure(warmUp) + sum(figure);
  const cost = (one: Measured, round: number) => (one.rounds[round] as Round).cpuUsPerRequest;
  const ratios = reference && rounds.map((_, round) => cost(measured, round) / cost(reference, round));
  return {
    name,
    version,
    cpuUsPerRequest: over('cpuUsPerRequest'),
    ratio: ratios && spreadOf(ratios),
    ratioInterval: ratios && medianInterval(ratios),
    requestsPerSecond: over('requestsPerSecond'),
    p50Us: over('p50Us'),
    p99Us: over('p99Us'),
    residentKib: (rounds.at(-1) as Round).residentKib.reduce((total, kib) => total + kib, 0),
    requests: sum((round) => round.requests),
    connectionsPerThousand: (1000 * all((round) => round.upstreamConnections)) / all((round) => round.requests),
    errors: all((round) => errorCount(round.errors)),
  };
}
