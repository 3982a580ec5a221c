import type { PrometheusText } from '../../observe/prometheus.ts';
import type { KindFacts, SourceFacts } from '../sources/kubernetes/source-facts.ts';

interface KindMetric {
  readonly name: string;
  readonly type: 'gauge' | 'counter';
  readonly help: string;
  readonly value: (kind: KindFacts) => number;
}

/** One sample for each kind. */
const kindMetrics: readonly KindMetric[] = [
  {
    name: 'komainu_kubernetes_synced',
    type: 'gauge',
    help: '1 once all objects of the kind were listed.',
    value: ({ synced }) => Number(synced),
  },
  {
    name: 'komainu_kubernetes_objects',
    type: 'gauge',
    help: 'Objects that are held of the kind.',
    value: ({ objects }) => objects,
  },
  {
    name: 'komainu_kubernetes_last_heard_seconds',
    type: 'gauge',
    help: 'How long ago the API server last said something of the kind; +Inf before its first word.',
    value: ({ lastHeardMs }) => lastHeardMs / 1000,
  },
  {
    name: 'komainu_kubernetes_lists_total',
    type: 'counter',
    help: 'Whole lists that were read; of Secrets by name, each one that was asked for.',
    value: ({ lists }) => lists,
  },
  {
    name: 'komainu_kubernetes_watches_total',
    type: 'counter',
    help: 'Watches that were opened.',
    value: ({ watches }) => watches,
  },
  {
    name: 'komainu_kubernetes_errors_total',
    type: 'counter',
    help: 'Lists and watches that failed.',
    value: ({ errors }) => errors,
  },
  {
    name: 'komainu_kubernetes_relist_changes_total',
    type: 'counter',
    help: 'What whole lists have found that watching had missed; anything but 0 is a fault.',
    value: ({ relistChanges }) => relistChanges,
  },
];

export function writeSource(text: PrometheusText, { kinds, staleMs, fileWrittenAtMs, stateFile }: SourceFacts): void {
  for (const { name, type, help, value } of kindMetrics) {
    text.family(name, type, help);
    for (const kind of kinds) text.sample(value(kind), { kind: kind.kind });
  }
  text.family('komainu_kubernetes_state', 'gauge', 'Always 1; the label says how the kind is followed.');
  for (const { kind, state } of kinds) text.sample(1, { kind, state });
  text
    .family('komainu_kubernetes_stale_seconds', 'gauge', 'Age of what is served; 0 while the cluster is followed.')
    .sample(staleMs / 1000);
  text
    .family('komainu_kubernetes_from_state_file', 'gauge', '1 while the state file is served instead of the cluster.')
    .sample(Number(fileWrittenAtMs !== undefined));
  if (stateFile === undefined) return;
  text.family('komainu_state_file_writes_total', 'counter', 'How often the state file was written.');
  text.sample(stateFile.writes);
  text.family('komainu_state_file_errors_total', 'counter', 'How often that failed.').sample(stateFile.errors);
  text.family('komainu_state_file_bytes', 'gauge', 'Size of the state file as last written.').sample(stateFile.bytes);
}
