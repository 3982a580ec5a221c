import type { KubeObject } from './case.ts';
import type { Pods } from './pods.ts';

/** Where the objects of one case stand: its namespaces, and the pods that its texts mean. */
export class CasePlace {
  readonly namespace: string;
  readonly #pods: Pods;

  constructor(namespace: string, pods: Pods) {
    this.namespace = namespace;
    this.#pods = pods;
  }

  placed(object: KubeObject): KubeObject {
    const { namespace, ...meta } = object.metadata;
    const own = { ...meta, ...(object.kind !== 'IngressClass' && { namespace: this.#namespaceOf(namespace) }) };
    return this.#meant({ ...object, metadata: own }) as KubeObject;
  }

  /** `Ingress web`, `Service other/web`, as the case writes it. */
  refText(ref: { readonly kind: string; readonly namespace: string; readonly name: string }): string {
    const { kind, namespace, name } = ref;
    if (namespace === '' || namespace === this.namespace) return `${kind} ${name}`;
    const isOwn = namespace.startsWith(`${this.namespace}-`);
    return `${kind} ${isOwn ? namespace.slice(this.namespace.length + 1) : namespace}/${name}`;
  }

  #namespaceOf(written: string | undefined): string {
    if (written === undefined) return this.namespace;
    return written.startsWith('fixed-') ? written : `${this.namespace}-${written}`;
  }

  /** `<one>` and its like are put in, and what is undefined falls out. */
  #meant(value: unknown): unknown {
    const name = typeof value === 'string' ? /^<(.+)>$/.exec(value)?.[1] : undefined;
    if (name !== undefined) return this.#pods.meaning(name);
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map((item) => this.#meant(item));
    const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
    return Object.fromEntries(entries.map(([key, inner]) => [key, this.#meant(inner)]));
  }
}
