import type { EndpointSlice, Kind, KubeObject, OfKind } from '../model/objects.ts';
import { type ObjectRef, refText } from '../model/refusal.ts';
import type { ObjectReader } from './object-reader.ts';

export interface ObjectChange {
  /** New objects, and those that replace the one of the same kind, namespace and name. */
  readonly put: readonly KubeObject[];
  readonly remove: readonly ObjectRef[];
}

export const refOf = ({ kind, meta }: KubeObject): ObjectRef => ({ kind, namespace: meta.namespace, name: meta.name });

/** One text for each object there can be: the names in it are DNS names, so nothing runs together. */
export const keyOf = (object: KubeObject): string => refText(refOf(object));

type Listener = (kinds: ReadonlySet<Kind>) => void;

/**
 * What all sources say, by kind, namespace and name. Sources write, translation reads; objects are never edited, so one
 * that was put again unchanged, in its old identity, is no change.
 */
export class ObjectStore implements ObjectReader {
  readonly #kinds: { readonly [K in Kind]: Map<string, OfKind<K>> } = {
    Ingress: new Map(),
    IngressClass: new Map(),
    Service: new Map(),
    EndpointSlice: new Map(),
  };
  /** Service → its slices, sorted by name. Each array is replaced, never edited. */
  readonly #slices = new Map<string, readonly EndpointSlice[]>();
  readonly #listeners: Listener[] = [];

  list<K extends Kind>(kind: K): Iterable<OfKind<K>> {
    return this.#kinds[kind].values();
  }

  get<K extends Kind>(kind: K, namespace: string, name: string): OfKind<K> | undefined {
    return this.#kinds[kind].get(placeOf(namespace, name));
  }

  slicesOf(namespace: string, service: string): readonly EndpointSlice[] {
    return this.#slices.get(placeOf(namespace, service)) ?? [];
  }

  /** All of it, then the listeners hear once which kinds are different now. What stands in both lists stays. */
  apply(change: ObjectChange): void {
    const changed = new Set<Kind>();
    const put = new Set(change.put.map(keyOf));
    for (const ref of change.remove) {
      if (isKind(ref.kind, this.#kinds) && !put.has(refText(ref)) && this.#remove(ref.kind, ref)) changed.add(ref.kind);
    }
    for (const object of change.put) if (this.#put(object)) changed.add(object.kind);
    if (changed.size > 0) for (const listener of this.#listeners) listener(changed);
  }

  onChange(listener: Listener): void {
    this.#listeners.push(listener);
  }

  #remove(kind: Kind, { namespace, name }: ObjectRef): boolean {
    const objects = this.#kinds[kind] as Map<string, KubeObject>;
    const old = objects.get(placeOf(namespace, name));
    if (old?.kind === 'EndpointSlice') this.#unlink(old);
    return objects.delete(placeOf(namespace, name));
  }

  #put(object: KubeObject): boolean {
    const objects = this.#kinds[object.kind] as Map<string, KubeObject>;
    const place = placeOf(object.meta.namespace, object.meta.name);
    const old = objects.get(place);
    if (old === object) return false;
    objects.set(place, object);
    if (old?.kind === 'EndpointSlice') this.#unlink(old);
    if (object.kind === 'EndpointSlice') this.#link(object);
    return true;
  }

  #link(slice: EndpointSlice): void {
    const service = placeOf(slice.meta.namespace, slice.service);
    const others = this.#slices.get(service) ?? [];
    this.#slices.set(service, [...others, slice].sort(byName));
  }

  #unlink(slice: EndpointSlice): void {
    const service = placeOf(slice.meta.namespace, slice.service);
    const rest = (this.#slices.get(service) ?? []).filter((other) => other !== slice);
    if (rest.length === 0) this.#slices.delete(service);
    else this.#slices.set(service, rest);
  }
}

const placeOf = (namespace: string, name: string): string => `${namespace}/${name}`;

const isKind = (kind: string, kinds: Readonly<Record<Kind, unknown>>): kind is Kind => Object.hasOwn(kinds, kind);

const byName = (a: EndpointSlice, b: EndpointSlice): number => (a.meta.name < b.meta.name ? -1 : 1);
