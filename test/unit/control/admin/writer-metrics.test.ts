import { expect, test } from 'vitest';
import { writeWriter } from '../../../../src/control/admin/writer-metrics.ts';
import { PrometheusText } from '../../../../src/observe/prometheus.ts';

const leader = { identity: 'a', leads: true, holder: 'a', transitions: 3, lastError: undefined };
const status = { addresses: undefined, writes: 5, refused: 1, waiting: 2 };
const events = { written: 7, known: 8, dropped: 9, refused: 10, waiting: 11 };

function samples(...facts: Parameters<typeof writeWriter>[1][]): string[] {
  const text = new PrometheusText();
  for (const one of facts) writeWriter(text, one);
  return text
    .toString()
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
}

test('the writer tells what it did', () => {
  expect(samples({ leader, status, events })).toEqual([
    'komainu_leader 1',
    'komainu_kubernetes_lease_transitions 3',
    'komainu_kubernetes_status_writes_total{outcome="written"} 5',
    'komainu_kubernetes_status_writes_total{outcome="refused"} 1',
    'komainu_kubernetes_status_waiting 2',
    'komainu_kubernetes_events_total{outcome="written"} 7',
    'komainu_kubernetes_events_total{outcome="known"} 8',
    'komainu_kubernetes_events_total{outcome="dropped"} 9',
    'komainu_kubernetes_events_total{outcome="refused"} 10',
    'komainu_kubernetes_events_waiting 11',
  ]);
});

test('what is switched off is not told', () => {
  expect(samples({ leader: { ...leader, leads: false }, status: undefined, events: undefined })).toEqual([
    'komainu_leader 0',
    'komainu_kubernetes_lease_transitions 3',
  ]);
});
