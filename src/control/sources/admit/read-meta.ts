import type { z } from 'zod';
import type { Meta } from '../../../model/objects.ts';
import type { metadata } from './shapes.ts';

/** `namespaced` false: a cluster-scoped kind, whatever namespace somebody wrote. */
export function readMeta(written: z.output<typeof metadata>, namespaced: boolean): Meta {
  const created = written.creationTimestamp;
  return {
    namespace: namespaced ? (written.namespace ?? 'default') : '',
    name: written.name,
    uid: written.uid ?? undefined,
    resourceVersion: written.resourceVersion ?? undefined,
    createdAtMs: created === null || created === undefined ? undefined : new Date(created).getTime(),
    labels: written.labels ?? {},
    annotations: written.annotations ?? {},
  };
}
