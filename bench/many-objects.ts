/**
 * A fake API server with many objects of the size that clusters have, in a process of its own; says its address and ends
 * with its parent. `node bench/many-objects.ts INGRESSES SECRETS`
 */

import { clusterIngress, clusterService, ingressClass, slice, tlsSecret } from '../test/support/cluster-stage.ts';
import { startFakeApi } from '../test/support/fake-api/fake-api.ts';
import type { Raw } from '../test/support/fake-api/raw.ts';

const [ingresses, secrets] = process.argv.slice(2).map(Number);
const api = await startFakeApi();

/** What kubectl and the server add to each object, and nobody here reads. */
function applied(raw: Raw): Raw {
  const last = JSON.stringify({ apiVersion: 'v1', ...raw });
  const fieldsV1 = {
    'f:metadata': { 'f:annotations': { '.': {} }, 'f:labels': { 'f:app': {} } },
    'f:spec': { 'f:rules': {} },
  };
  const labels = { ...(raw.metadata.labels as object), app: raw.metadata.name, 'app.kubernetes.io/managed-by': 'Helm' };
  return {
    ...raw,
    metadata: {
      ...raw.metadata,
      labels,
      annotations: { 'kubectl.kubernetes.io/last-applied-configuration': last },
      managedFields: [
        { manager: 'kubectl-client-side-apply', operation: 'Update', time: '2026-01-01T00:00:00Z', fieldsV1 },
      ],
    },
  };
}

function pods(raw: Raw): Raw {
  const endpoints = [1, 2, 3].map((i) => ({
    addresses: [`10.${i}.0.1`],
    conditions: { ready: true, serving: true, terminating: false },
    nodeName: `node-${i}`,
    targetRef: { kind: 'Pod', namespace: 'default', name: `pod-${i}`, uid: '4ec53e7a-5f40-4c3c-8b34-aaaaaaaaaaaa' },
    zone: 'zone-a',
  }));
  return { ...raw, endpoints };
}

api.put(ingressClass());
for (let i = 0; i < ingresses; i++) {
  const name = `web-${i}`;
  const tls = i < secrets ? { tls: [{ hosts: [`${name}.example.com`], secretName: `${name}-tls` }] } : {};
  const lines = ['/', '/api'].map((path) => ({ host: `${name}.example.com`, path, service: name }));
  api.put(applied(clusterIngress(name, lines, 'default', tls)));
  api.put(applied(clusterService(name)));
  api.put(applied(pods(slice(name, 8080))));
  if (i < secrets) api.put(applied(tlsSecret(`${name}-tls`)));
}
process.send?.(api.url);
process.on('disconnect', () => process.exit());
