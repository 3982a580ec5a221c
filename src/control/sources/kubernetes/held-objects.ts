import type { Log } from '../../../observe/log.ts';
import type { Resource } from '../../cluster/resources.ts';
import type { ObjectName, RawObject } from './reflector-parts.ts';

/** One object of the collection, as it is known now. */
export interface Held<T> {
  readonly name: ObjectName;
  readonly uid: string;
  readonly version: string;
  readonly item: T;
  readonly weight: number;
}

/** By `namespace/name`. */
export type HeldMap<T> = Map<string, Held<T>>;

export interface HoldParts<T> {
  readonly resource: Resource;
  readonly log: Log;
  readonly keep: (raw: RawObject) => T | undefined;
  readonly weigh: (item: T) => number;
}

export function nameOf({ metadata }: RawObject): ObjectName {
  return { namespace: metadata.namespace ?? '', name: metadata.name };
}

export const keyOfName = ({ namespace, name }: ObjectName): string => `${namespace}/${name}`;

/** The one that is held already when nothing of it is new; undefined when it is to be left out. */
export function hold<T>(raw: RawObject, before: Held<T> | undefined, parts: HoldParts<T>): Held<T> | undefined {
  const { keep, weigh, resource, log } = parts;
  const { uid, resourceVersion: version } = raw.metadata;
  if (before?.uid === uid && before.version === version) return before;
  // Objects of a list come without these two.
  raw.apiVersion ??= resource.apiVersion;
  raw.kind ??= resource.kind;
  try {
    const item = keep(raw);
    if (item === undefined) return undefined;
    return { name: nameOf(raw), uid, version, item, weight: weigh(item) };
  } catch (error) {
    // Whatever it is about this object, the others must not suffer from it.
    log.error({ kind: resource.kind, ...nameOf(raw), error: String(error) }, 'an object of the cluster cannot be read');
    return undefined;
  }
}

/** What becomes of `before` when `after` takes its place: keys to put, and keys to remove. */
export function* differences<T>(before: HeldMap<T>, after: HeldMap<T>): Generator<[string, Held<T> | undefined]> {
  for (const [key, held] of after) if (before.get(key) !== held) yield [key, held];
  for (const key of before.keys()) if (!after.has(key)) yield [key, undefined];
}
