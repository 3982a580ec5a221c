import type { KubeObject } from './case.ts';

export interface ObjectVerbs {
  readonly put: (object: KubeObject) => unknown;
  readonly remove: (object: KubeObject) => unknown;
}

/** Brings the objects of an API server to what is wanted, one after the other, and knows what is there. */
export class ObjectKeeper {
  readonly #verbs: ObjectVerbs;
  readonly #there = new Map<string, KubeObject>();

  constructor(verbs: ObjectVerbs) {
    this.#verbs = verbs;
  }

  /** Rejects with the first object that is not taken; those before it are there. */
  async bring(objects: readonly KubeObject[]): Promise<void> {
    const wanted = new Map(objects.map((object) => [keyOf(object), object]));
    for (const [key, object] of this.#there) if (mustGo(object, wanted.get(key))) await this.#remove(key, object);
    for (const [key, object] of wanted) if (!isSame(object, this.#there.get(key))) await this.#put(key, object);
  }

  async #remove(key: string, object: KubeObject): Promise<void> {
    await this.#verbs.remove(object);
    this.#there.delete(key);
  }

  async #put(key: string, object: KubeObject): Promise<void> {
    await this.#verbs.put(object);
    this.#there.set(key, object);
  }
}

const keyOf = ({ kind, metadata: { namespace, name } }: KubeObject): string => `${kind} ${namespace ?? ''}/${name}`;

const isSame = (a: KubeObject | undefined, b: KubeObject | undefined): boolean =>
  JSON.stringify(a) === JSON.stringify(b);

/** The controller of a class cannot change (networking/v1, IngressClassSpec.controller): it goes before it comes again. */
const mustGo = (object: KubeObject, wanted: KubeObject | undefined): boolean =>
  wanted === undefined || (object.kind === 'IngressClass' && !isSame(object, wanted));
