import type { EndpointSlice, Kind, KubeObject, OfKind } from '../model/objects.ts';
import { type ObjectRef, refText } from '../model/refusal.ts';
import type { ObjectReader, ObjectStep, StoreChange } from './object-reader.ts';

export interface ObjectChange {
  /** New objects, and those that replace the one of the same kind, namespace and name. */
  readonly put: readonly KubeObject[];
  readonly remove: readonly ObjectRef[];
}

export const refOf = ({ kind, meta }: KubeObject): ObjectRef => ({ kind, namespace: meta.namespace, name: meta.name });

/** One text for each object there can be: the names in it are DNS names, so nothing runs together. */
export const keyOf = (object: KubeObject): string => refText(refOf(object));

type Listener = (change: StoreChange) => void;

const noSlices: readonly EndpointSlice[] = [];

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
    Secret: new Map(),
  };
  /** Service → its slices. */
  readonly #slices = new Map<string, Set<EndpointSlice>>();
  /** Those that were asked for, sorted by name, until one of them changes. Each array is replaced, never edited. */
  readonly #sortedSlices = new Map<string, readonly EndpointSlice[]>();
  readonly #listeners: Listener[] = [];

  list<K extends Kind>(kind: K): Iterable<OfKind<K>> {
    return this.#kinds[kind].values();
  }

  get<K extends Kind>(kind: K, namespace: string, name: string): OfKind<K> | undefined {
    return this.#kinds[kind].get(placeOf(namespace, name));
  }

  /** The same array as before while none of them changed. */
  slicesOf(namespace: string, service: string): readonly EndpointSlice[] {
    const place = placeOf(namespace, service);
    const known = this.#sortedSlices.get(place);
    if (known !== undefined) return known;
    const slices = this.#slices.get(place);
    if (slices === undefined) return noSlices;
    const sorted = [...slices].sort(byName);
    this.#sortedSlices.set(place, sorted);
    return sorted;
  }

  /** All of it, then the listeners hear once what is different now. What stands in both lists stays. */
  apply(change: ObjectChange): void {
    const steps = new Map<string, ObjectStep>();
    const put = new Map(change.put.map((object) => [keyOf(object), object]));
    for (const ref of change.remove) {
      const key = refText(ref);
      if (!isKind(ref.kind, this.#kinds) || put.has(key)) continue;
      const step = this.#remove(ref.kind, ref);
      if (step !== undefined) steps.set(key, step);
    }
    for (const [key, object] of put) {
      const step = this.#put(object);
      if (step !== undefined) steps.set(key, step);
    }
    if (steps.size === 0) return;
    const told = { kinds: new Set([...steps.values()].map(({ kind }) => kind)), steps: [...steps.values()] };
    for (const listener of this.#listeners) listener(told);
  }

  onChange(listener: Listener): void {
    this.#listeners.push(listener);
  }

  #remove(kind: Kind, { namespace, name }: ObjectRef): ObjectStep | undefined {
    const objects = this.#kinds[kind] as Map<string, KubeObject>;
    const place = placeOf(namespace, name);
    const before = objects.get(place);
    if (before === undefined) return undefined;
    objects.delete(place);
    if (before.kind === 'EndpointSlice') this.#unlink(before);
    return { kind, before, after: undefined } as ObjectStep;
  }

  #put(object: KubeObject): ObjectStep | undefined {
    const objects = this.#kinds[object.kind] as Map<string, KubeObject>;
    const place = placeOf(object.meta.namespace, object.meta.name);
    const before = objects.get(place);
    if (before === object) return undefined;
    objects.set(place, object);
    if (before?.kind === 'EndpointSlice') this.#unlink(before);
    if (object.kind === 'EndpointSlice') this.#link(object);
    return { kind: object.kind, before, after: object } as ObjectStep;
  }

  #link(slice: EndpointSlice): void {
    const service = placeOf(slice.meta.namespace, slice.service);
    const slices = this.#slices.get(service);
    if (slices === undefined) this.#slices.set(service, new Set([slice]));
    else slices.add(slice);
    this.#sortedSlices.delete(service);
  }

  #unlink(slice: EndpointSlice): void {
    const service = placeOf(slice.meta.namespace, slice.service);
    const slices = this.#slices.get(service);
    slices?.delete(slice);
    if (slices?.size === 0) this.#slices.delete(service);
    this.#sortedSlices.delete(service);
  }
}

const placeOf = (namespace: string, name: string): string => `${namespace}/${name}`;

const isKind = (kind: string, kinds: Readonly<Record<Kind, unknown>>): kind is Kind => Object.hasOwn(kinds, kind);

const byName = (a: EndpointSlice, b: EndpointSlice): number => (a.meta.name < b.meta.name ? -1 : 1);
