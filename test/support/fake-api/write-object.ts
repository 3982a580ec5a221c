import type { Target } from './collections.ts';
import { keyOf, type ObjectHistory } from './object-history.ts';
import type { Raw, Stored } from './raw.ts';

export type WriteResult =
  | { readonly kind: 'done'; readonly status: number; readonly object: Stored }
  | { readonly kind: 'refused'; readonly code: number; readonly reason: string; readonly message: string };

const refused = (code: number, reason: string, message: string): WriteResult => ({
  ...{ kind: 'refused', code, reason, message },
});

export interface WriteQuestion {
  readonly target: Target;
  readonly body: Raw;
  readonly query: URLSearchParams;
  readonly contentType: string;
}

export function createObject(history: ObjectHistory, { target, body }: WriteQuestion): WriteResult {
  const { resource, namespace } = target;
  const { name, generateName } = body.metadata;
  const chosen = name ?? `${generateName as string}${Math.random().toString(36).slice(2, 7)}`;
  if (history.get(keyOf(resource.kind, namespace, chosen)) !== undefined) {
    return refused(409, 'AlreadyExists', `${resource.plural} "${chosen}" already exists`);
  }
  return {
    kind: 'done',
    status: 201,
    object: history.put(asStored(target, { ...body, metadata: { ...body.metadata, name: chosen } })),
  };
}

export function replaceObject(history: ObjectHistory, question: WriteQuestion): WriteResult {
  const { target, body } = question;
  const before = history.get(keyOf(target.resource.kind, target.namespace, target.name as string));
  if (before === undefined) return notFound(target);
  if (isConflict(before, body)) return conflict(target);
  const after = target.subresource === undefined ? body : { ...before, [target.subresource]: body[target.subresource] };
  return { kind: 'done', status: 200, object: putIfDifferent(history, before, asStored(target, after)) };
}

/** Merge patch (RFC 7396), and server-side apply as far as whole fields and the names of managers go. */
export function patchObject(history: ObjectHistory, question: WriteQuestion): WriteResult {
  const { target, body, query, contentType } = question;
  const before = history.get(keyOf(target.resource.kind, target.namespace, target.name as string));
  const isApply = contentType.startsWith('application/apply-patch');
  if (before === undefined) {
    if (!isApply || target.subresource !== undefined) return notFound(target);
    return { kind: 'done', status: 201, object: history.put(asStored(target, managed(body, body, target, query))) };
  }
  if (isConflict(before, body)) return conflict(target);
  const { apiVersion: _version, kind: _kind, ...change } = body;
  const merged = merge(before, isApply ? { ...change, metadata: metadataOf(change.metadata) } : change) as Raw;
  const after = isApply ? managed(withoutDropped(merged, target, query, body), body, target, query) : merged;
  return { kind: 'done', status: 200, object: putIfDifferent(history, before, asStored(target, after)) };
}

const notFound = ({ resource, name }: Target): WriteResult =>
  refused(404, 'NotFound', `${resource.plural} "${name}" not found`);

const conflict = ({ resource, name }: Target): WriteResult =>
  refused(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${resource.plural} "${name}": the object has been modified; please apply your changes to the latest version and try again`,
  );

function isConflict(before: Stored, { metadata }: Raw): boolean {
  const { resourceVersion, uid } = metadata ?? {};
  if (typeof uid === 'string' && uid !== before.metadata.uid) return true;
  return (
    typeof resourceVersion === 'string' && resourceVersion !== '' && resourceVersion !== before.metadata.resourceVersion
  );
}

function metadataOf(metadata: Raw['metadata']): object {
  const { labels, annotations } = metadata ?? {};
  return { ...(labels === undefined ? {} : { labels }), ...(annotations === undefined ? {} : { annotations }) };
}

const asStored = ({ resource, namespace }: Target, raw: Raw): Raw & { readonly apiVersion: string } => ({
  ...raw,
  ...{ apiVersion: resource.apiVersion, kind: resource.kind },
  metadata: { ...raw.metadata, ...(namespace === undefined ? {} : { namespace }) },
});

/** A write that changes nothing makes no revision. */
function putIfDifferent(history: ObjectHistory, before: Stored, after: Raw & { readonly apiVersion: string }): Stored {
  return JSON.stringify(strip(before)) === JSON.stringify(strip(after)) ? before : history.put(after);
}

const strip = ({ metadata, ...rest }: Raw): object => {
  const { resourceVersion: _version, managedFields, ...others } = metadata;
  const managers = (managedFields as { time?: string }[] | undefined)?.map(({ time: _time, ...field }) => field);
  return { ...rest, metadata: others, managers: managers ?? [] };
};

interface Manager {
  readonly manager: string;
  readonly operation: string;
  readonly subresource?: string | undefined;
}

function managed(raw: Raw, applied: Raw, { subresource }: Target, query: URLSearchParams): Raw {
  const fields = (raw.metadata.managedFields ?? []) as readonly Manager[];
  const mine = {
    ...{ manager: query.get('fieldManager') ?? 'unknown', operation: 'Apply', apiVersion: raw.apiVersion },
    ...{ fieldsType: 'FieldsV1', fieldsV1: fieldsOf(applied, subresource), time: new Date().toISOString() },
    ...(subresource === undefined ? {} : { subresource }),
  };
  const others = fields.filter((one) => one.manager !== mine.manager || one.subresource !== subresource);
  return { ...raw, metadata: { ...raw.metadata, managedFields: [...others, mine] } };
}

const fieldsOf = (raw: Raw, subresource: string | undefined): object =>
  subresource === undefined ? { 'f:spec': {} } : { [`f:${subresource}`]: names(raw[subresource]) };

/** A list is one field: as the API server sees those of a status. */
const names = (value: unknown): object =>
  isMap(value) ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [`f:${key}`, names(inner)])) : {};

/** What a manager had applied and applies no more is taken away. */
function withoutDropped(raw: Raw, { subresource }: Target, query: URLSearchParams, body: Raw): Raw {
  const fields = (raw.metadata.managedFields ?? []) as readonly (Manager & { readonly fieldsV1: unknown })[];
  const before = fields.find((one) => one.manager === query.get('fieldManager') && one.subresource === subresource);
  if (subresource === undefined || before === undefined) return raw;
  return {
    ...raw,
    [subresource]: drop(raw[subresource], mapAt(before.fieldsV1, `f:${subresource}`), body[subresource]),
  };
}

const mapAt = (value: unknown, key: string): Record<string, unknown> =>
  isMap(value) && isMap(value[key]) ? (value[key] as Record<string, unknown>) : {};

function drop(value: unknown, owned: Record<string, unknown>, applied: unknown): unknown {
  if (!isMap(value)) return value;
  const left = Object.entries(value).flatMap(([key, inner]): [string, unknown][] => {
    const owns = owned[`f:${key}`];
    if (owns === undefined) return [[key, inner]];
    const now = isMap(applied) ? applied[key] : undefined;
    if (isMap(inner)) return [[key, drop(inner, owns as Record<string, unknown>, now)]];
    return now === undefined ? [] : [[key, inner]];
  });
  return Object.fromEntries(left);
}

function merge(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const result: Record<string, unknown> = { ...(isMap(target) ? target : {}) };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = merge(result[key], value);
  }
  return result;
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
