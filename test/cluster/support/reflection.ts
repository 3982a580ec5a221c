import { systemClock } from '../../../src/base/clock.ts';
import { systemDice } from '../../../src/base/dice.ts';
import { type Cluster as Api, connectCluster } from '../../../src/control/cluster/connect-cluster.ts';
import type { Resource } from '../../../src/control/cluster/resources.ts';
import { Reflector } from '../../../src/control/sources/kubernetes/reflector.ts';
import type { ReflectorParts } from '../../../src/control/sources/kubernetes/reflector-parts.ts';
import { KeptLog } from '../../support/kept-log.ts';
import type { Cluster } from './cluster.ts';

/** A Reflector of a whole collection, and what its sink knows: versions by `namespace/name`. */
export class Reflection {
  readonly seen = new Map<string, string>();
  readonly log = new KeptLog();
  readonly reflector: Reflector<KeptObject>;
  readonly #api: Api;
  readonly #cluster: Cluster;
  readonly #resource: Resource;

  constructor(cluster: Cluster, api: Api, resource: Resource, more: ReflectionChoices) {
    this.#cluster = cluster;
    this.#api = api;
    this.#resource = resource;
    this.reflector = new Reflector<KeptObject>({
      ...{ api, resource, namespace: undefined, clock: systemClock, dice: systemDice, log: this.log },
      keep: ({ metadata }) => ({
        key: `${metadata.namespace ?? ''}/${metadata.name}`,
        version: metadata.resourceVersion,
      }),
      weigh: () => 0,
      ...more,
      sink: {
        apply: ({ put, remove }) => {
          for (const { key, version } of put) this.seen.set(key, version);
          for (const { namespace, name } of remove) this.seen.delete(`${namespace}/${name}`);
        },
      },
    });
    this.reflector.start();
  }

  /** Versions by `namespace/name`, as a fresh list says them. */
  async truth(): Promise<ReadonlyMap<string, string>> {
    const { apiVersion, kind } = this.#resource;
    const objects = await this.#cluster.admin.list(apiVersion, kind);
    return new Map(
      objects.map(({ metadata }) => [`${metadata.namespace ?? ''}/${metadata.name}`, metadata.resourceVersion]),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.reflector.stop();
    await this.#api.close();
  }
}

interface KeptObject {
  readonly key: string;
  readonly version: string;
}

export type ReflectionChoices = Pick<ReflectorParts<KeptObject>, 'relistMs' | 'pageLimit'>;

export async function reflect(
  cluster: Cluster,
  kubeconfig: string,
  resource: Resource,
  more: ReflectionChoices = {},
): Promise<Reflection> {
  const api = await connectCluster({ kubeconfig, log: new KeptLog(), clock: systemClock });
  return new Reflection(cluster, api, resource, more);
}
