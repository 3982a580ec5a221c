import { type Resource, resources } from '../../../src/control/cluster/resources.ts';

/** Kinds that the server knows. Tests add theirs for a CRD. */
export class Collections {
  readonly #known: Resource[] = Object.values(resources);

  add(resource: Resource): void {
    this.#known.push(resource);
  }

  remove(kind: string): void {
    this.#known.splice(0, this.#known.length, ...this.#known.filter((one) => one.kind !== kind));
  }

  ofKind(kind: string): Resource {
    const found = this.#known.find((resource) => resource.kind === kind);
    if (found === undefined) throw new Error(`the fake API server does not know the kind ${kind}`);
    return found;
  }

  at(apiVersion: string, plural: string): Resource | undefined {
    return this.#known.find((resource) => resource.apiVersion === apiVersion && resource.plural === plural);
  }
}

/** What a path names. */
export interface Target {
  readonly resource: Resource;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
}

const PATH =
  /^\/(?:api\/(?<core>v1)|apis\/(?<group>[^/]+\/[^/]+))(?:\/namespaces\/(?<namespace>[^/]+)(?=\/[^/]))?\/(?<rest>.+)$/;

export function targetOf(path: string, collections: Collections): Target | undefined {
  const groups = PATH.exec(path)?.groups;
  if (groups === undefined) return undefined;
  const [plural, name, subresource] = groups.rest.split('/').map(decodeURIComponent);
  const resource = collections.at(groups.core ?? groups.group, plural);
  if (resource === undefined) return undefined;
  const namespace = groups.namespace === undefined ? undefined : decodeURIComponent(groups.namespace);
  return { resource, namespace, name, subresource };
}
