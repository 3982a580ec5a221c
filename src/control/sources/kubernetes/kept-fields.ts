import { isKomainu } from '../../cluster/field-manager.ts';
import type { Resource } from '../../cluster/resources.ts';

export type Raw = Readonly<Record<string, unknown>>;

/** What of one kind is read; everything else of it is dropped before it is stored. */
interface Kept {
  readonly meta: readonly string[];
  readonly labels: readonly string[];
  /** Fields of the object itself, and what is kept of each. */
  readonly fields: Readonly<Record<string, Cut>>;
}

type Cut = (value: unknown) => unknown;

const isRaw = (value: unknown): value is Raw => typeof value === 'object' && value !== null && !Array.isArray(value);

const whole: Cut = (value) => value;

/** Wrong values stay, so that admission can say what is wrong. */
const only =
  (...names: readonly string[]): Cut =>
  (value) =>
    isRaw(value) ? pick(value, names) : value;

const each =
  (cut: Cut): Cut =>
  (value) =>
    Array.isArray(value) ? value.map(cut) : value;

const fieldsOf =
  (cuts: Readonly<Record<string, Cut>>): Cut =>
  (value) =>
    isRaw(value) ? cutFields(value, cuts) : value;

const usualMeta = ['name', 'namespace', 'uid', 'creationTimestamp'];

const kept: Readonly<Record<string, Kept>> = {
  Ingress: {
    meta: [...usualMeta, 'resourceVersion'],
    labels: [],
    fields: {
      spec: only('ingressClassName', 'defaultBackend', 'rules', 'tls'),
      status: fieldsOf({ loadBalancer: fieldsOf({ ingress: each(only('ip', 'hostname')) }) }),
    },
  },
  IngressClass: { meta: usualMeta, labels: [], fields: { spec: only('controller') } },
  Service: {
    meta: usualMeta,
    labels: [],
    fields: {
      spec: fieldsOf({
        type: whole,
        externalName: whole,
        ports: each(only('name', 'port', 'protocol', 'appProtocol', 'targetPort')),
      }),
    },
  },
  EndpointSlice: {
    meta: usualMeta,
    labels: ['kubernetes.io/service-name'],
    fields: {
      addressType: whole,
      ports: each(only('name', 'port', 'protocol')),
      endpoints: each(only('addresses', 'conditions')),
    },
  },
  Secret: { meta: usualMeta, labels: [], fields: { type: whole, data: only('tls.crt', 'tls.key') } },
};

/** The annotations of others (the last applied manifest, triggers of controllers) are often larger than the object. */
const isReadAnnotation = (name: string): boolean =>
  name.startsWith('komainu.dev/') ||
  name === 'kubernetes.io/ingress.class' ||
  name === 'ingressclass.kubernetes.io/is-default-class';

/**
 * What admission reads of an object, as a new document with its kind, which the API server leaves out of the items of a
 * list. The kind must be one of those above.
 */
export function keptFields(raw: Raw, { kind, apiVersion }: Resource): Raw {
  const { meta, labels, fields } = kept[kind];
  const metadata = isRaw(raw.metadata) ? keptMeta(raw.metadata, meta, labels, kind) : raw.metadata;
  return { apiVersion, kind, metadata, ...cutFields(raw, fields) };
}

function keptMeta(metadata: Raw, names: readonly string[], labels: readonly string[], kind: string): Raw {
  const found = pick(metadata, names);
  if (labels.length > 0) found.labels = only(...labels)(metadata.labels);
  const annotations = keptAnnotations(metadata.annotations);
  if (annotations !== undefined) found.annotations = annotations;
  const ours = kind === 'Ingress' ? ourEntries(metadata.managedFields) : [];
  if (ours.length > 0) found.managedFields = ours;
  return found;
}

function keptAnnotations(annotations: unknown): unknown {
  if (!isRaw(annotations)) return annotations;
  const names = Object.keys(annotations).filter(isReadAnnotation);
  return names.length === 0 ? undefined : pick(annotations, names);
}

/** They say whether the addresses in the status are ours. */
const ourEntries = (entries: unknown): readonly unknown[] =>
  Array.isArray(entries) ? entries.filter((entry) => isRaw(entry) && isKomainu(entry.manager)) : [];

function pick(from: Raw, names: readonly string[]): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const name of names) if (Object.hasOwn(from, name)) found[name] = from[name];
  return found;
}

function cutFields(from: Raw, cuts: Readonly<Record<string, Cut>>): Raw {
  const found: Record<string, unknown> = {};
  for (const name of Object.keys(cuts)) if (Object.hasOwn(from, name)) found[name] = cuts[name](from[name]);
  return found;
}
