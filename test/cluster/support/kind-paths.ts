/** What names an object; an object names itself. */
export interface Ref {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

interface ListedResource {
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

/** Asks the server where its kinds live, so that every kind has a path, those of a CRD too. */
export class KindPaths {
  readonly #get: (path: string) => Promise<unknown>;
  readonly #groups = new Map<string, Promise<readonly ListedResource[]>>();

  constructor(get: (path: string) => Promise<unknown>) {
    this.#get = get;
  }

  /** `namespace`: for a kind that has one; undefined means all of them. */
  async collection(apiVersion: string, kind: string, namespace?: string): Promise<string> {
    const { name, namespaced } = await this.#find(apiVersion, kind);
    const within = namespaced && namespace !== undefined ? `/namespaces/${namespace}` : '';
    return `${root(apiVersion)}${within}/${name}`;
  }

  /** An object without a namespace is looked for in `default`. */
  async object({ apiVersion, kind, metadata }: Ref): Promise<string> {
    return `${await this.collection(apiVersion, kind, metadata.namespace ?? 'default')}/${metadata.name}`;
  }

  async #find(apiVersion: string, kind: string): Promise<ListedResource> {
    const known = (await this.#list(apiVersion)).find((one) => one.kind === kind && !one.name.includes('/'));
    if (known !== undefined) return known;
    this.#groups.delete(apiVersion);
    throw new Error(`the server has no ${kind} in ${apiVersion}`);
  }

  #list(apiVersion: string): Promise<readonly ListedResource[]> {
    const before = this.#groups.get(apiVersion);
    if (before !== undefined) return before;
    const asked = this.#get(root(apiVersion)).then((body) => (body as { resources: ListedResource[] }).resources);
    this.#groups.set(apiVersion, asked);
    asked.catch(() => this.#groups.delete(apiVersion));
    return asked;
  }
}

const root = (apiVersion: string): string => (apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`);
