import { expect, test } from 'vitest';
import { type MetricFacts, metricsText } from '../../../../src/control/admin/metrics.ts';
import type { ShardReport } from '../../../../src/control/shards/supervisor.ts';
import type { KindFacts } from '../../../../src/control/sources/kubernetes/source-facts.ts';
import { failureNames } from '../../../../src/model/failures.ts';
import type { Refusal } from '../../../../src/model/refusal.ts';
import { durationBoundsMs, newShardWords, shardWord } from '../../../../src/table/shard-words.ts';

const shard: ShardReport = {
  index: 1,
  state: 'serving',
  adopted: 7,
  restarts: 2,
  stage: 'idle',
  heartbeatAgeMs: 1500,
  servingForMs: 1,
  connectionsOpen: 0,
  exchangesActive: 0,
};

const facts = (more: Partial<MetricFacts> = {}): MetricFacts => ({
  version: '1.2.3',
  totals: newShardWords(),
  shards: [shard],
  generation: 8,
  programmed: 7,
  ready: true,
  refusals: [],
  source: undefined,
  loopDelay: { counts: new Float64Array([7, 2, 0, 0, 0, 0, 0, 0, 1]), sumMs: 1500 },
  writer: undefined,
  runtime: { node: '22.0.0', cpuSeconds: 1.5, residentBytes: 1e6, startSeconds: 1e9 },
  ...more,
});

const lines = (more?: Partial<MetricFacts>): string[] => metricsText(facts(more)).split('\n');

test('requests are counted by class and failures by name', () => {
  const totals = newShardWords();
  totals[shardWord.answers + 1] = 20;
  totals[shardWord.answers + 4] = 5;
  totals[shardWord.failures + failureNames.indexOf('no-endpoint')] = 4;
  const text = lines({ totals });
  expect(text).toContain('komainu_requests_total{class="2xx"} 20');
  expect(text).toContain('komainu_requests_total{class="5xx"} 5');
  expect(text).toContain('komainu_failures_total{failure="no-endpoint",side="proxy"} 4');
  expect(text.filter((line) => line.startsWith('komainu_failures_total'))).toHaveLength(failureNames.length);
});

test('durations are a histogram in seconds whose last bucket holds every request', () => {
  const totals = newShardWords();
  for (let i = 0; i <= durationBoundsMs.length; i++) totals[shardWord.durations + i] = 1;
  totals[shardWord.durationSumMs] = 2500;
  const text = lines({ totals });
  expect(text).toContain('komainu_request_duration_seconds_bucket{le="0.0025"} 2');
  expect(text).toContain(`komainu_request_duration_seconds_bucket{le="10"} ${durationBoundsMs.length}`);
  expect(text).toContain(`komainu_request_duration_seconds_bucket{le="+Inf"} ${durationBoundsMs.length + 1}`);
  expect(text).toContain('komainu_request_duration_seconds_sum 2.5');
  expect(text).toContain(`komainu_request_duration_seconds_count ${durationBoundsMs.length + 1}`);
});

test('generations, shards and what runs are there', () => {
  const text = lines();
  for (const line of [
    'komainu_generation_current 8',
    'komainu_generation_programmed 7',
    'komainu_shard_serving{shard="1"} 1',
    'komainu_shard_heartbeat_age_seconds{shard="1"} 1.5',
    'komainu_shard_restarts_total{shard="1"} 2',
    'komainu_ready 1',
    'komainu_build_info{version="1.2.3",node="22.0.0"} 1',
  ]) {
    expect(text).toContain(line);
  }
});

test('the delay of the main loop is a histogram in seconds', () => {
  const text = lines();
  expect(text).toContain('komainu_main_loop_delay_seconds_bucket{le="0.01"} 9');
  expect(text).toContain('komainu_main_loop_delay_seconds_bucket{le="+Inf"} 10');
  expect(text).toContain('komainu_main_loop_delay_seconds_sum 1.5');
});

test('refusals are counted by reason', () => {
  const refusal = (reason: string) => ({ reason }) as Refusal;
  const text = lines({ refusals: [refusal('PathConflict'), refusal('ServiceMissing'), refusal('PathConflict')] });
  expect(text.filter((line) => line.startsWith('komainu_refusals{'))).toEqual([
    'komainu_refusals{reason="PathConflict"} 2',
    'komainu_refusals{reason="ServiceMissing"} 1',
  ]);
});

test('every sample stands under its family, each family once, and each line has the form of the format', () => {
  const families = new Set<string>();
  let family = '';
  for (const line of lines().slice(0, -1)) {
    if (line.startsWith('# TYPE')) family = line.split(' ')[2];
    else if (line.startsWith('# HELP')) {
      const [, , name] = line.split(' ');
      expect(families.has(name), name).toBe(false);
      families.add(name);
    } else {
      expect(line).toMatch(/^[a-z_]+(\{([a-z_]+="[^"]*",?)+\})? -?[\d.e+]+$/);
      expect(line.replace(/[{ ].*/, '').replace(/_(bucket|sum|count)$/, '')).toBe(family);
    }
  }
});

test('a cluster is told kind by kind, a folder not at all', () => {
  const kind: KindFacts = {
    ...{ kind: 'Ingress', required: true, state: 'waiting', synced: true, objects: 3, lists: 4, watches: 5, errors: 6 },
    ...{ relistChanges: 0, lastError: 'x', lastHeardMs: 1500 },
  };
  const source = {
    server: 's',
    ready: true,
    fileWrittenAtMs: undefined,
    staleMs: 2500,
    kinds: [kind],
    stateFile: undefined,
  };
  const text = lines({ source });
  expect(text).toContain('komainu_kubernetes_synced{kind="Ingress"} 1');
  expect(text).toContain('komainu_kubernetes_objects{kind="Ingress"} 3');
  expect(text).toContain('komainu_kubernetes_errors_total{kind="Ingress"} 6');
  expect(text).toContain('komainu_kubernetes_last_heard_seconds{kind="Ingress"} 1.5');
  expect(text).toContain('komainu_kubernetes_state{kind="Ingress",state="waiting"} 1');
  expect(text).toContain('komainu_kubernetes_stale_seconds 2.5');
  expect(text).toContain('komainu_kubernetes_from_state_file 0');
  expect(lines().filter((line) => line.includes('kubernetes'))).toEqual([]);
});
