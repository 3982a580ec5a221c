import type { KubeObject, Origin } from '../../../model/objects.ts';
import { quoted } from '../../../model/quoted.ts';
import type { ObjectRef, Refusal, RefusalReason } from '../../../model/refusal.ts';
import { type KnownKind, kinds } from './kinds.ts';
import { isDnsName } from './names.ts';

/** What stands of a document, and what is to be said about the rest. */
export interface Admitted {
  readonly objects: KubeObject[];
  readonly refusals: Refusal[];
}

type Document = Readonly<Record<string, unknown>>;

/** Where one document stands; `at` is '' outside lists, else `items[3]`. */
interface Place {
  readonly origin: Origin;
  readonly at: string;
  readonly into: Admitted;
}

/**
 * One parsed YAML or JSON document → typed, checked objects. Never throws; an empty document is nothing, `List` kinds
 * are opened, and kinds that we do not read are passed over in silence.
 */
export function admit(raw: unknown, origin: Origin): Admitted {
  const into: Admitted = { objects: [], refusals: [] };
  if (raw !== null && raw !== undefined) admitDocument(raw, { origin, at: '', into });
  return into;
}

function admitDocument(raw: unknown, place: Place): void {
  if (!isDocument(raw)) return refuse(place, null, '', 'FileMalformed', `${quoted(raw)} is no Kubernetes object`);
  const { apiVersion, kind } = raw;
  if (typeof apiVersion !== 'string' || typeof kind !== 'string' || apiVersion === '' || kind === '') {
    const message = 'a Kubernetes object must have the texts apiVersion and kind';
    return refuse(place, null, '', 'FileMalformed', message);
  }
  if (kind === 'List') return admitItems(raw, undefined, place);
  const known = kinds.get(kind);
  if (known !== undefined) return admitObject(raw, apiVersion, known, place);
  if (kind.endsWith('List') && kinds.has(kind.slice(0, -4))) admitItems(raw, kind.slice(0, -4), place);
}

/** Not what YAML makes of lists and of dates. */
function isDocument(raw: unknown): raw is Document {
  return typeof raw === 'object' && raw !== null && !Array.isArray(raw) && !(raw instanceof Date);
}

/** `kind` is that of the items of a typed list: the API server leaves it out of them. */
function admitItems(list: Document, kind: string | undefined, place: Place): void {
  const { items } = list;
  if (items === undefined || items === null) return;
  if (place.at !== '') return refuse(place, null, '', 'FileMalformed', 'a List inside a List is not opened');
  if (!Array.isArray(items)) return refuse(place, null, 'items', 'FileMalformed', 'items must be a list');
  for (const [index, item] of items.entries()) {
    const typed = kind !== undefined && isDocument(item) ? { apiVersion: list.apiVersion, kind, ...item } : item;
    admitDocument(typed, { ...place, at: `items[${index}]` });
  }
}

function admitObject(raw: Document, apiVersion: string, known: KnownKind, place: Place): void {
  const ref = refOf(raw, known);
  if (apiVersion !== known.apiVersion) {
    const group = apiVersion.split('/', 1)[0];
    if (known.foreignGroups.includes(group)) return;
    const message = `${known.kind} is read as ${known.apiVersion}, not as ${quoted(apiVersion)}`;
    return refuse(place, ref, 'apiVersion', 'ObjectInvalid', message);
  }
  const object = known.read(raw, place.origin, (problem, reason = 'ObjectInvalid') => {
    refuse(place, ref, problem.field, reason, problem.message);
  });
  if (object !== undefined) place.into.objects.push(object);
}

/** null where the object has no name that a person could look for. */
function refOf(raw: Document, known: KnownKind): ObjectRef | null {
  const { metadata } = raw;
  if (!isDocument(metadata) || !isName(metadata.name)) return null;
  const namespace = isName(metadata.namespace) ? metadata.namespace : 'default';
  return { kind: known.kind, namespace: known.namespaced ? namespace : '', name: metadata.name };
}

const isName = (value: unknown): value is string => typeof value === 'string' && isDnsName(value);

function refuse(place: Place, object: ObjectRef | null, field: string, reason: RefusalReason, message: string): void {
  const at = object === null && place.at !== '' ? [place.at, field].filter((part) => part !== '').join('.') : field;
  place.into.refusals.push({ file: place.origin.file, object, field: at, reason, message });
}
