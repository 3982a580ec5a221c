import type { RawObject, ReflectorParts } from './reflector-parts.ts';
import { errorEvent, Setback } from './setback.ts';

export type WatchEvent =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: RawObject }
  | { readonly type: 'BOOKMARK'; readonly version: string };

interface Line {
  readonly type?: unknown;
  readonly object?: unknown;
}

/** @throws Setback when the line is no event, or says that the watch is over. */
export function readWatchEvent(line: Buffer): WatchEvent {
  const { type, object } = parseLine(line);
  if (type === 'ERROR') throw errorEvent(object);
  if (type === 'BOOKMARK') {
    const version = versionOf(object);
    if (version === undefined) throw new Setback('garbled', 'a bookmark without a version');
    return { type, version };
  }
  if (type !== 'ADDED' && type !== 'MODIFIED' && type !== 'DELETED') {
    throw new Setback('garbled', 'a watch event of an unknown type');
  }
  if (!isRawObject(object)) throw new Setback('garbled', 'a watch event whose object has no name, uid or version');
  return { type, object };
}

function parseLine(line: Buffer): Line {
  try {
    const value: unknown = JSON.parse(line.toString());
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    throw new Setback('garbled', 'a line of the watch is no JSON');
  }
}

const versionOf = (object: unknown): string | undefined => {
  const version = (object as { metadata?: { resourceVersion?: unknown } } | null)?.metadata?.resourceVersion;
  return typeof version === 'string' && version !== '' ? version : undefined;
};

/** Names and versions are what everything else hangs on. */
export function isRawObject(value: unknown): value is RawObject {
  const meta = (value as { metadata?: Record<string, unknown> | null } | null)?.metadata;
  if (typeof meta !== 'object' || meta === null) return false;
  const { name, namespace, uid, resourceVersion } = meta;
  if (namespace !== undefined && typeof namespace !== 'string') return false;
  return [name, uid, resourceVersion].every((text) => typeof text === 'string' && text !== '');
}

type Collection = Pick<ReflectorParts<unknown>, 'resource' | 'namespace'>;

/** Not of another kind or namespace than was asked for: it would take the place of one that is. Items of a list have no kind. */
export const belongs = ({ kind, metadata }: RawObject, { resource, namespace }: Collection): boolean =>
  (kind === undefined || kind === resource.kind) && (namespace === undefined || metadata.namespace === namespace);
