import { failureNames, failures } from '../../model/failures.ts';
import type { Refusal } from '../../model/refusal.ts';
import { delayBoundsMs, type LoopDelay } from '../../observe/loop-delay.ts';
import { type Labels, PrometheusText } from '../../observe/prometheus.ts';
import { durationBoundsMs, shardWord } from '../../table/shard-words.ts';
import type { WriterFacts } from '../cluster-writer.ts';
import { durationWordCount } from '../shards/shard-totals.ts';
import type { ShardReport } from '../shards/supervisor.ts';
import type { SourceFacts } from '../sources/kubernetes/source-facts.ts';
import { writeSource } from './source-metrics.ts';
import { writeWriter } from './writer-metrics.ts';

/** What the process is and uses; `startSeconds` since 1970. */
export interface RuntimeFacts {
  readonly node: string;
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  readonly startSeconds: number;
}

export interface MetricFacts {
  readonly version: string;
  /** `Supervisor.totals()` */
  readonly totals: Float64Array;
  readonly shards: readonly ShardReport[];
  /** Newest published generation; 0 for none. */
  readonly generation: number;
  readonly programmed: number;
  readonly ready: boolean;
  readonly refusals: readonly Refusal[];
  /** undefined for a source that is always whole. */
  readonly source: SourceFacts | undefined;
  readonly loopDelay: Pick<LoopDelay, 'counts' | 'sumMs'>;
  /** undefined where nothing is written back. */
  readonly writer: WriterFacts | undefined;
  readonly runtime: RuntimeFacts;
}

/** Everything `/metrics` says; the same facts always give the same text. */
export function metricsText(facts: MetricFacts): string {
  const text = new PrometheusText();
  writeRequests(text, facts.totals);
  writeConnections(text, facts.totals);
  writeGenerations(text, facts);
  writeShards(text, facts.shards);
  if (facts.source !== undefined) writeSource(text, facts.source);
  if (facts.writer !== undefined) writeWriter(text, facts.writer);
  writeProcess(text, facts);
  return text.toString();
}

function writeRequests(text: PrometheusText, totals: Float64Array): void {
  text.family('komainu_requests_total', 'counter', 'Requests that were answered, by class of the status.');
  for (let hundred = 1; hundred <= 5; hundred++) {
    text.sample(totals[shardWord.answers + hundred - 1], { class: `${hundred}xx` });
  }
  text.family('komainu_failures_total', 'counter', 'Requests that failed, by failure and the side it is blamed on.');
  for (const [i, failure] of failureNames.entries()) {
    text.sample(totals[shardWord.failures + i], { failure, side: failures[failure].side });
  }
  const counts = totals.subarray(shardWord.durations, shardWord.durations + durationWordCount);
  text
    .family('komainu_request_duration_seconds', 'histogram', 'From the head of a request to the end of its answer.')
    .histogram(
      durationBoundsMs.map((ms) => ms / 1000),
      counts,
      totals[shardWord.durationSumMs] / 1000,
    );
}

/** Words that are one metric each, as they are. */
const plain = [
  ['connectionsOpen', 'komainu_connections_open', 'gauge', 'Client connections that are open.'],
  ['connectionsTotal', 'komainu_connections_total', 'counter', 'Client connections that were accepted.'],
  ['connectionsRefused', 'komainu_connections_refused_total', 'counter', 'Client connections over the limit.'],
  ['exchangesActive', 'komainu_requests_active', 'gauge', 'Requests that are under way.'],
  ['upstreamOpen', 'komainu_upstream_connections_open', 'gauge', 'Upstream connections that are open.'],
  ['upstreamTotal', 'komainu_upstream_connections_total', 'counter', 'Upstream connections that were opened.'],
  ['upstreamReused', 'komainu_upstream_reused_total', 'counter', 'Requests sent on a connection that was open.'],
  ['retries', 'komainu_retries_total', 'counter', 'Requests that were sent to an endpoint once more.'],
  ['retriesDenied', 'komainu_retries_denied_total', 'counter', 'Requests that were not, because of the retry budget.'],
  ['upstreamWaiting', 'komainu_upstream_waiting', 'gauge', 'Requests that wait for a connection to their endpoint.'],
  ['ejections', 'komainu_ejections_total', 'counter', 'Times an endpoint that had failed was left out.'],
  ['bytesIn', 'komainu_received_bytes_total', 'counter', 'Bytes that clients sent.'],
  ['bytesOut', 'komainu_sent_bytes_total', 'counter', 'Bytes that were sent to clients.'],
] as const;

function writeConnections(text: PrometheusText, totals: Float64Array): void {
  for (const [word, name, type, help] of plain) text.family(name, type, help).sample(totals[shardWord[word]]);
}

function writeGenerations(text: PrometheusText, { generation, programmed, refusals }: MetricFacts): void {
  text.family('komainu_generation_current', 'gauge', 'Newest generation of the tables.').sample(generation);
  text
    .family('komainu_generation_programmed', 'gauge', 'Newest generation that every serving shard has adopted.')
    .sample(programmed);
  text.family('komainu_refusals', 'gauge', 'What was written in the sources and is not done, by reason.');
  for (const [reason, count] of countBy(refusals)) text.sample(count, { reason });
}

function countBy(refusals: readonly Refusal[]): readonly (readonly [string, number])[] {
  const counts = new Map<string, number>();
  for (const { reason } of refusals) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
}

function writeShards(text: PrometheusText, shards: readonly ShardReport[]): void {
  const each = (value: (shard: ShardReport) => number): void => {
    for (const shard of shards) text.sample(value(shard), labelOf(shard));
  };
  text.family('komainu_shard_serving', 'gauge', '1 while the shard takes connections.');
  each((shard) => (shard.state === 'serving' ? 1 : 0));
  text.family(
    'komainu_shard_heartbeat_age_seconds',
    'gauge',
    'How long the loop of the shard has not been seen to turn.',
  );
  each((shard) => shard.heartbeatAgeMs / 1000);
  text.family('komainu_shard_restarts_total', 'counter', 'How often the shard was replaced.');
  each((shard) => shard.restarts);
  text.family('komainu_shard_generation', 'gauge', 'Newest generation that the shard has adopted.');
  each((shard) => shard.adopted);
}

const labelOf = (shard: ShardReport): Labels => ({ shard: shard.index });

function writeProcess(text: PrometheusText, { version, ready, loopDelay, runtime }: MetricFacts): void {
  text
    .family(
      'komainu_main_loop_delay_seconds',
      'histogram',
      'How late timers of the main thread run, looked at every 10 ms.',
    )
    .histogram(
      delayBoundsMs.map((ms) => ms / 1000),
      loopDelay.counts,
      loopDelay.sumMs / 1000,
    );
  text.family('komainu_ready', 'gauge', '1 while /readyz answers 200.').sample(ready ? 1 : 0);
  text.family('komainu_build_info', 'gauge', 'Always 1; the labels say what runs.');
  text.sample(1, { version, node: runtime.node });
  text
    .family('process_cpu_seconds_total', 'counter', 'User and system time of the process.')
    .sample(runtime.cpuSeconds);
  text
    .family('process_resident_memory_bytes', 'gauge', 'Resident memory of the process.')
    .sample(runtime.residentBytes);
  text
    .family('process_start_time_seconds', 'gauge', 'Start of the process, in seconds since 1970.')
    .sample(runtime.startSeconds);
}
