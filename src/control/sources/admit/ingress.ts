import type { z } from 'zod';
import type { Ingress, Problem } from '../../../model/objects.ts';
import { readBackend } from './ingress-backend.ts';
import { readRules } from './ingress-rules.ts';
import { readStatus } from './ingress-status.ts';
import { readTls } from './ingress-tls.ts';
import { readAs } from './kind-reader.ts';
import { dnsName } from './names.ts';
import { readMeta } from './read-meta.ts';
import { anyList, anything, metadata, shape } from './shapes.ts';

const schema = shape({
  metadata: metadata.extend({ managedFields: anything }),
  spec: shape({
    ingressClassName: dnsName.nullish(),
    defaultBackend: anything,
    rules: anyList.nullish(),
    tls: anything,
  }),
  status: anything,
});

type Spec = z.output<typeof schema>['spec'];

/** networking.k8s.io/v1 Ingress. A bad rule, path or backend is left out while its neighbours stand. */
export const readIngress = readAs(schema, (written, origin) => {
  const problems: Problem[] = [];
  return {
    kind: 'Ingress',
    meta: readMeta(written.metadata, true),
    origin,
    className: written.spec.ingressClassName ?? undefined,
    ...readSpec(written.spec, problems),
    tls: readTls(written.spec.tls, problems),
    status: origin.folder ? undefined : readStatus(written.status, written.metadata.managedFields),
    problems,
  };
});

function readSpec(spec: Spec, problems: Problem[]): Pick<Ingress, 'defaultBackend' | 'rules'> {
  const written = spec.rules ?? [];
  const hasDefault = spec.defaultBackend !== undefined && spec.defaultBackend !== null;
  if (written.length === 0 && !hasDefault) {
    problems.push({ field: 'spec', message: 'spec has neither rules nor a defaultBackend; it must have one of them' });
  }
  const rules = readRules(written, problems);
  const backend = hasDefault ? readBackend(spec.defaultBackend, 'spec.defaultBackend', problems) : undefined;
  // Without rules a default backend takes every host. Refused rules must not widen it to that.
  const widened = rules.length === 0 && written.length > 0;
  return { rules, defaultBackend: widened ? undefined : backend };
}
