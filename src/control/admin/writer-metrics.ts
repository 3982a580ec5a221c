import type { PrometheusText } from '../../observe/prometheus.ts';
import type { WriterFacts } from '../cluster-writer.ts';

export function writeWriter(text: PrometheusText, { leader, status, events }: WriterFacts): void {
  text.family('komainu_leader', 'gauge', '1 while this process is the one that writes to the cluster.');
  text.sample(Number(leader.leads));
  text
    .family(
      'komainu_kubernetes_lease_transitions',
      'gauge',
      'How often the Lease has changed hands, as it says itself.',
    )
    .sample(leader.transitions);
  if (status !== undefined) {
    text.family('komainu_kubernetes_status_writes_total', 'counter', 'Writes of the status of an Ingress, by outcome.');
    text.sample(status.writes, { outcome: 'written' }).sample(status.refused, { outcome: 'refused' });
    text
      .family('komainu_kubernetes_status_waiting', 'gauge', 'Ingresses whose status is still to be looked at.')
      .sample(status.waiting);
  }
  if (events === undefined) return;
  text.family('komainu_kubernetes_events_total', 'counter', 'Refusals that were to be told by an Event, by outcome.');
  for (const outcome of ['written', 'known', 'dropped', 'refused'] as const) text.sample(events[outcome], { outcome });
  text
    .family('komainu_kubernetes_events_waiting', 'gauge', 'Refusals that are still to be told.')
    .sample(events.waiting);
}
