import type { PublishedAddress } from '../../model/objects.ts';
import type { ApiUnreachable } from '../cluster/api.ts';
import { collectionPath, type Resource, resources } from '../cluster/resources.ts';
import { Reflector } from '../sources/kubernetes/reflector.ts';
import type { RawObject } from '../sources/kubernetes/reflector-parts.ts';
import { addressOf, type FollowAddresses, type FollowParts } from './address-source.ts';
import { podSelector } from './pod-selector.ts';

export interface NodeAddressParts extends FollowParts {
  readonly pod: { readonly namespace: string; readonly name: string };
  readonly role: 'all' | 'leader';
  /** The internal addresses of a node, also where it has external ones. */
  readonly internal: boolean;
}

interface RawPod {
  readonly metadata: { readonly name: string; readonly deletionTimestamp?: string };
  readonly spec?: { readonly nodeName?: string };
  readonly status?: {
    readonly phase?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

interface RawNode {
  readonly metadata: { readonly name: string };
  readonly status?: { readonly addresses?: readonly { readonly type: string; readonly address: string }[] };
}

const LOOK_AGAIN_MS = 5_000;

/** Name of the node that a pod of ours carries traffic on; undefined while it is not ready, or going. */
export function servingNodeOf({ metadata, spec, status }: RawPod): string | undefined {
  const ready = status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
  return metadata.deletionTimestamp === undefined && status?.phase === 'Running' && ready ? spec?.nodeName : undefined;
}

/** All of one kind: a node with two families of addresses has two. */
export function addressesOfNode({ status }: RawNode, internal: boolean): readonly PublishedAddress[] {
  const of = (kind: string) => (status?.addresses ?? []).filter(({ type }) => type === kind);
  const external = internal ? [] : of('ExternalIP');
  return (external.length > 0 ? external : of('InternalIP')).map(({ address }) => addressOf(address));
}

/**
 * The addresses of the nodes that run our pods.
 *
 *   own pod ─► its labels ─► pods like it ─► their nodes ─► addresses
 *
 * As long as none of them is ready nothing is told: we are one of them ourselves, so that says nothing of the others.
 */
export function nodeAddresses(parts: NodeAddressParts): FollowAddresses {
  return (tell) => {
    const following = new NodeFollowing(parts, tell);
    following.start();
    return following;
  };
}

class NodeFollowing {
  readonly #parts: NodeAddressParts;
  readonly #tell: (addresses: readonly PublishedAddress[]) => void;
  /** Pod → node, node → addresses; undefined until the first list. */
  readonly #nodes = new Map<string, string | undefined>();
  readonly #addresses = new Map<string, readonly PublishedAddress[]>();
  readonly #reflectors: Reflector<unknown>[] = [];
  readonly #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(parts: NodeAddressParts, tell: (addresses: readonly PublishedAddress[]) => void) {
    this.#parts = parts;
    this.#tell = tell;
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    await Promise.all(this.#reflectors.map((one) => one.stop()));
  }

  async #run(): Promise<void> {
    const labels = await this.#ownLabels();
    if (labels === undefined) return;
    const labelSelector = podSelector(labels, this.#parts.role);
    const { namespace } = this.#parts.pod;
    this.#follow(
      resources.pod,
      { namespace, labelSelector },
      (raw) => servingNodeOf(raw as unknown as RawPod),
      this.#nodes,
    );
    const { internal } = this.#parts;
    const keepNode = (raw: RawObject) => addressesOfNode(raw as unknown as RawNode, internal);
    this.#follow(resources.node, { namespace: undefined }, keepNode, this.#addresses);
  }

  #follow<T>(
    resource: Resource,
    where: { readonly namespace: string | undefined; readonly labelSelector?: string },
    keep: (raw: RawObject) => T,
    into: Map<string, T>,
  ): void {
    const { api, clock, dice, log } = this.#parts;
    const reflector = new Reflector<{ readonly name: string; readonly kept: T }>({
      ...{ api, clock, dice, log, resource, ...where },
      keep: (raw) => ({ name: raw.metadata.name, kept: keep(raw) }),
      weigh: () => 0,
      sink: {
        apply: ({ put, remove }) => {
          for (const { name, kept } of put) into.set(name, kept);
          for (const { name } of remove) into.delete(name);
          this.#look();
        },
      },
    });
    this.#reflectors.push(reflector as Reflector<unknown>);
    reflector.start();
  }

  /** A node that is not known yet is not guessed. */
  #look(): void {
    const serving = [...new Set(this.#nodes.values())].filter((node) => node !== undefined);
    const addresses = serving.flatMap((node) => this.#addresses.get(node) ?? []);
    if (addresses.length > 0) this.#tell(addresses);
  }

  /** undefined when we were stopped. */
  async #ownLabels(): Promise<Readonly<Record<string, string>> | undefined> {
    const { api, clock, log, pod } = this.#parts;
    const { signal } = this.#stop;
    const path = collectionPath(resources.pod, pod.namespace);
    for (let isFirst = true; !signal.aborted; isFirst = false) {
      const asked = { method: 'GET', path, query: { fieldSelector: `metadata.name=${pod.name}` }, signal } as const;
      const answer = await api.call(asked).catch((error: unknown) => error as ApiUnreachable);
      const found = answer instanceof Error || answer.status !== 200 ? undefined : firstItem(answer.body);
      if (found !== undefined) return found.metadata.labels ?? {};
      const problem = answer instanceof Error ? answer.message : `${answer.status}`;
      if (isFirst) log.warn({ pod, problem }, 'the own pod is not found, so no node addresses are published');
      await new Promise<void>((resolve) => {
        const timer = clock.after(LOOK_AGAIN_MS, resolve);
        signal.addEventListener('abort', () => {
          timer.cancel();
          resolve();
        });
      });
    }
    return undefined;
  }
}

interface Labelled {
  readonly metadata: { readonly labels?: Readonly<Record<string, string>> };
}

function firstItem(body: unknown): Labelled | undefined {
  return (body as { readonly items?: readonly Labelled[] } | undefined)?.items?.[0];
}
