import type { ObjectRef, Refusal } from '../../model/refusal.ts';
import type { Rule } from '../../model/snapshot.ts';
import type { ObjectReader } from '../object-reader.ts';

/** A reference points nowhere: whoever wrote it is told. */
export interface Missing {
  readonly reason: 'ServiceMissing' | 'ServicePortMissing';
  /** Below the reference's `service`. */
  readonly field: 'name' | 'port.name' | 'port.number';
  readonly message: string;
}

/** The fault is in the object that names the Service, or in the setting. */
export function missingRefusal(rule: Rule, { reason, field, message }: Missing, objects: ObjectReader): Refusal {
  const { owner } = rule;
  if (owner.kind !== 'Ingress') {
    return { file: '', object: owner, field: rule.field, reason: 'DefaultBackendInvalid', message };
  }
  const service = rule.pathKind === 'default' ? `${rule.field}.service` : `${rule.field}.backend.service`;
  return { file: fileOf(owner, objects), object: owner, field: `${service}.${field}`, reason, message };
}

const fileOf = (owner: ObjectRef, objects: ObjectReader): string =>
  objects.get('Ingress', owner.namespace, owner.name)?.origin.file ?? '';
