import type { LatencyMeasured, LatencyResult } from './latency.ts';
import type { OpenLoopReport } from './open-loop-report.ts';
import { type Spread, spreadOf } from './statistics.ts';
import { renderRows, spreadText } from './table.ts';

/** p99 at half load may be at most this much of nginx's. */
const AIM = 1.5;

const titles = ['Proxy', 'p50 ms', 'p99 ms', 'p99 ratio', 'p99.9 ms', 'longest ms', 'errors'];

export function renderLatency({ rate, proxies }: LatencyResult): string {
  const named = (wanted: string) => proxies.find(({ name }) => name === wanted);
  const komainu = named('komainu');
  const ratio = komainu && p99Ratio(komainu, named('nginx'));
  const verdict = ratio === undefined ? '' : ` (${ratio.median <= AIM ? 'reached' : 'missed'})`;
  const rows = proxies.map((one) => cellsOf(one, p99Ratio(one, named('nginx') ?? named('base'))));
  return [
    `**Latency at ${rate} requests/s**, from when each was due. Aim: p99 at most ${AIM}${verdict} of nginx's.`,
    renderRows(titles, rows),
  ].join('\n\n');
}

export function latencyErrors({ proxies }: LatencyResult): number {
  return proxies.reduce((sum, { rounds }) => sum + errorsOf(rounds), 0);
}

/** Round by round; undefined where there is nothing to compare with. */
function p99Ratio(one: LatencyMeasured, other: LatencyMeasured | undefined): Spread | undefined {
  return other && spreadOf(one.rounds.map(({ p99Us }, round) => p99Us / (other.rounds[round] as OpenLoopReport).p99Us));
}

function cellsOf({ name, version, rounds }: LatencyMeasured, ratio: Spread | undefined): string[] {
  const ms = (field: 'p50Us' | 'p99Us' | 'p999Us' | 'longestUs') =>
    spreadText(spreadOf(rounds.map((round) => round[field])), 2, 1000);
  return [
    `${name} ${version}`.trim(),
    ms('p50Us'),
    ms('p99Us'),
    ratio === undefined ? '–' : spreadText(ratio, 2),
    ms('p999Us'),
    ms('longestUs'),
    String(errorsOf(rounds)),
  ];
}

function errorsOf(rounds: readonly OpenLoopReport[]): number {
  return rounds.reduce((sum, { errors }) => sum + errors, 0);
}
