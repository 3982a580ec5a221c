import type { ObjectRef, Refusal } from '../../model/refusal.ts';
import type { Backend, BackendSnapshot, Rule } from '../../model/snapshot.ts';
import type { ObjectReader } from '../object-reader.ts';
import { type BackendName, readBackendKey } from './backend-key.ts';
import type { TranslateOptions } from './options.ts';
import { settleRefusals } from './refusals.ts';
import { type Missing, resolveBackend } from './resolve-backend.ts';
import { byText } from './seniority.ts';

export interface TranslatedBackends {
  readonly snapshot: BackendSnapshot;
  readonly refusals: Refusal[];
}

interface Wanted {
  readonly key: string;
  readonly name: BackendName;
  /** The rules that name it; those of one field, such as a default backend of several hosts, once. */
  readonly rules: readonly Rule[];
}

/**
 * The backends of these rules, from Services and EndpointSlices. One whose Service, port or endpoints are missing stays,
 * without endpoints. What did not change keeps its `Backend` object.
 */
export function translateBackends(
  objects: ObjectReader,
  rules: readonly Rule[],
  options: TranslateOptions,
): TranslatedBackends {
  const refusals: Refusal[] = [];
  const backends: Backend[] = [];
  for (const { key, name, rules: naming } of wantedBy(rules)) {
    const resolved = resolveBackend(objects, key, name, options);
    backends.push(resolved.backend);
    refusals.push(...resolved.refusals);
    const { missing } = resolved;
    if (missing !== undefined) refusals.push(...naming.map((rule) => missingRefusal(rule, missing, objects)));
  }
  return { snapshot: { backends }, refusals: settleRefusals(refusals) };
}

const keptWanted = new WeakMap<readonly Rule[], readonly Wanted[]>();

/** Sorted by key. Kept with the rules: pods move far more often than routes. */
function wantedBy(rules: readonly Rule[]): readonly Wanted[] {
  const before = keptWanted.get(rules);
  if (before !== undefined) return before;
  const byKey = Map.groupBy(rules, (rule) => rule.backend);
  const wanted = [...byKey].map(([key, naming]) => ({ key, name: readBackendKey(key), rules: oncePerField(naming) }));
  wanted.sort((a, b) => byText(a.key, b.key));
  keptWanted.set(rules, wanted);
  return wanted;
}

function oncePerField(rules: readonly Rule[]): readonly Rule[] {
  return [...new Map(rules.map((rule) => [`${rule.owner.namespace}/${rule.owner.name} ${rule.field}`, rule])).values()];
}

/** The fault is in the object that names the Service, or in the setting. */
function missingRefusal(rule: Rule, missing: Missing, objects: ObjectReader): Refusal {
  const { owner } = rule;
  const { message } = missing;
  if (owner.kind !== 'Ingress') {
    return { file: '', object: owner, field: rule.field, reason: 'DefaultBackendInvalid', message };
  }
  const { reason } = missing;
  return {
    file: fileOf(owner, objects),
    object: owner,
    field: `${serviceField(rule)}.${missing.field}`,
    reason,
    message,
  };
}

const serviceField = (rule: Rule): string =>
  rule.pathKind === 'default' ? `${rule.field}.service` : `${rule.field}.backend.service`;

const fileOf = (owner: ObjectRef, objects: ObjectReader): string =>
  objects.get('Ingress', owner.namespace, owner.name)?.origin.file ?? '';
