import type { Clock } from '../base/clock.ts';
import type { Dice } from '../base/dice.ts';
import type { Log } from '../observe/log.ts';
import type { Settings } from '../settings.ts';
import type { ClusterApi } from './cluster/api.ts';
import { fieldManagerOf } from './cluster/field-manager.ts';
import { EventWriter, type EventWriterFacts } from './events/event-writer.ts';
import { translateOptions } from './feed.ts';
import { followLease } from './leader/follow-lease.ts';
import { podNamespace, processIdentity } from './leader/identity.ts';
import { Leader, type LeaderFacts } from './leader/leader.ts';
import type { ObjectStore } from './object-store.ts';
import type { RefusalLedger } from './refusal-ledger.ts';
import type { KubernetesSource } from './sources/kubernetes/kubernetes-source.ts';
import { type FollowAddresses, fixedAddresses } from './status/address-source.ts';
import { nodeAddresses } from './status/node-addresses.ts';
import { serviceAddresses } from './status/service-addresses.ts';
import { StatusWriter, type StatusWriterFacts } from './status/status-writer.ts';
import { standingOf } from './translate/ingress-standing.ts';

export interface ClusterWriterParts {
  readonly settings: Settings;
  readonly api: ClusterApi;
  readonly store: ObjectStore;
  readonly ledger: RefusalLedger;
  readonly source: Pick<KubernetesSource, 'live' | 'identityOf'>;
  readonly clock: Clock;
  readonly dice: Dice;
  readonly log: Log;
}

export interface WriterFacts {
  readonly leader: LeaderFacts;
  /** undefined where it is switched off. */
  readonly status: StatusWriterFacts | undefined;
  readonly events: EventWriterFacts | undefined;
}

/** What is written back to the cluster, by one process of all. */
export interface ClusterWriter {
  facts(): WriterFacts;
  /** First the writers, then the Lease; 3 s at most, also when the API server is away. */
  stop(): Promise<void>;
}

/** undefined where there is nothing to write, so that no Lease is needed: workers, or both kinds switched off. */
export function startClusterWriter(parts: ClusterWriterParts): ClusterWriter | undefined {
  const { role, updateStatus, writeEvents } = parts.settings;
  return role === 'worker' || !(updateStatus || writeEvents) ? undefined : new Writer(parts, role);
}

class Writer implements ClusterWriter {
  readonly #leader: Leader;
  readonly #status: StatusWriter | undefined;
  readonly #events: EventWriter | undefined;
  #stopping: Promise<void> | undefined;

  constructor(parts: ClusterWriterParts, role: 'all' | 'leader') {
    const { settings, source, dice } = parts;
    const identity = processIdentity(process.env, dice);
    this.#leader = newLeader(parts, identity);
    this.#status = settings.updateStatus ? newStatusWriter(parts, this.#leader, role) : undefined;
    this.#events = settings.writeEvents ? newEventWriter(parts, this.#leader, identity) : undefined;
    this.#leader.start();
    void source.live.then(() => this.#start());
  }

  facts(): WriterFacts {
    return { leader: this.#leader.facts(), status: this.#status?.facts(), events: this.#events?.facts() };
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  /** What is not read yet cannot be judged. */
  #start(): void {
    if (this.#stopping !== undefined) return;
    this.#status?.start();
    this.#events?.start();
  }

  async #stop(): Promise<void> {
    await Promise.all([this.#status?.stop(), this.#events?.stop()]);
    await this.#leader.stop();
  }
}

function newLeader({ settings, api, clock, dice, log }: ClusterWriterParts, identity: string): Leader {
  const namespace = settings.leaseNamespace ?? podNamespace(process.env);
  const place = { api, namespace, name: settings.leaseName, clock, dice, log };
  return new Leader({ ...place, identity, follow: (tell) => followLease(place, tell) });
}

function newStatusWriter(parts: ClusterWriterParts, leader: Leader, role: 'all' | 'leader'): StatusWriter {
  const { settings, store, api, clock, dice, log } = parts;
  const options = translateOptions(settings);
  const isOurs = (ingress: Parameters<typeof standingOf>[0]) => standingOf(ingress, store, options) === 'ours';
  const manager = fieldManagerOf(settings.controller);
  return new StatusWriter({ api, store, leader, manager, isOurs, follow: addressesOf(parts, role), clock, dice, log });
}

function addressesOf({ settings, api, clock, dice, log }: ClusterWriterParts, role: 'all' | 'leader'): FollowAddresses {
  const { publishService, publishAddress, publishInternalAddresses: internal } = settings;
  const shared = { api, clock, dice, log };
  if (publishService !== undefined) return serviceAddresses(publishService, shared);
  if (publishAddress.length > 0) return fixedAddresses(publishAddress);
  const name = process.env.POD_NAME;
  if (name) return nodeAddresses({ ...shared, pod: { namespace: podNamespace(process.env), name }, role, internal });
  const hint = 'no pod, and no publishService or publishAddress: the status of Ingresses gets no addresses';
  return () => {
    log.warn({}, hint);
    return { stop: async () => {} };
  };
}

function newEventWriter(parts: ClusterWriterParts, leader: Leader, instance: string): EventWriter {
  const { settings, api, ledger, source, clock, dice, log } = parts;
  const reporter = { controller: settings.controller, instance };
  return new EventWriter({
    ...{ api, ledger, leader, reporter, clock, dice, log },
    identityOf: (ref) => source.identityOf(ref),
  });
}
