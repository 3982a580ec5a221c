import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, systemClock } from '../../src/base/clock.ts';
import { systemDice } from '../../src/base/dice.ts';
import { connectCluster } from '../../src/control/cluster/connect-cluster.ts';
import { fieldManagerOf } from '../../src/control/cluster/field-manager.ts';
import { ObjectStore } from '../../src/control/object-store.ts';
import { RefusalLedger } from '../../src/control/refusal-ledger.ts';
import { startKubernetesSource } from '../../src/control/sources/kubernetes/kubernetes-source.ts';
import { type FollowAddresses, fixedAddresses } from '../../src/control/status/address-source.ts';
import { StatusWriter } from '../../src/control/status/status-writer.ts';
import { standingOf } from '../../src/control/translate/ingress-standing.ts';
import type { PublishedAddress } from '../../src/model/objects.ts';
import { type FakeApi, startFakeApi } from './fake-api/fake-api.ts';
import type { Raw } from './fake-api/raw.ts';
import { KeptLog } from './kept-log.ts';
import { waitUntil } from './wait-until.ts';

const usual = {
  ingressClass: 'komainu',
  controller: 'komainu.dev/ingress-controller',
  defaultBackend: undefined,
  externalName: false,
};

/** Who leads is what the test says; the notes are what stands on the Lease. */
export class StageLeader {
  readonly notes: Map<string, string>;
  readonly #listeners: ((leads: boolean) => void)[] = [];
  #leads = true;

  constructor(notes: Map<string, string>) {
    this.notes = notes;
  }

  set leads(leads: boolean) {
    this.#leads = leads;
    for (const listener of this.#listeners) listener(leads);
  }

  mayWrite(): boolean {
    return this.#leads;
  }

  onChange(listener: (leads: boolean) => void): void {
    this.#listeners.push(listener);
  }

  recall(key: string): string | undefined {
    return this.notes.get(key);
  }

  async remember(key: string, text: string): Promise<boolean> {
    if (this.#leads) this.notes.set(key, text);
    return this.#leads;
  }
}

export interface StatusStageOptions {
  readonly api?: FakeApi;
  readonly notes?: Map<string, string>;
  readonly follow?: FollowAddresses;
  readonly labelSelector?: string;
  /** Of a second Komainu in the same cluster. */
  readonly controller?: string;
  /** Of the writer alone. */
  readonly clock?: Clock;
}

/** A fake API server, the source that reads it, and the writer of status; both talk to it over sockets. */
export async function startStatusStage({
  api = undefined,
  notes = new Map(),
  follow,
  labelSelector,
  controller = usual.controller,
  clock = systemClock,
}: StatusStageOptions = {}) {
  const options = { ...usual, controller };
  const fake = api ?? (await startFakeApi());
  if (api === undefined) fake.put(ingressClass('komainu', usual.controller));
  const log = new KeptLog();
  const kubeconfig = fake.kubeconfig(mkdtempSync(join(tmpdir(), 'komainu-status-')));
  const cluster = await connectCluster({ kubeconfig, log, clock: systemClock });
  const shared = { api: cluster, clock: systemClock, dice: systemDice, log };
  const store = new ObjectStore();
  const settings = { namespaces: [], namespaceSelector: undefined, labelSelector, secretScope: 'referenced' } as const;
  const ledger = new RefusalLedger(log);
  const file = { stateDir: undefined, version: '' };
  const source = await startKubernetesSource({ ...shared, ...file, server: '', settings, options, store, ledger });
  const leader = new StageLeader(notes);
  await source.ready;
  const writer = new StatusWriter({
    ...{ ...shared, clock },
    ...{ store, leader, follow: follow ?? fixedAddresses(['192.0.2.1']) },
    manager: fieldManagerOf(options.controller),
    isOurs: (ingress) => standingOf(ingress, store, options) === 'ours',
  });
  writer.start();
  return {
    ...{ fake, log, leader, writer, store },
    addresses: (name: string): readonly PublishedAddress[] => addressesOf(fake, name),
    /** Everything that is to be looked at has been, and the store knows of it. */
    async settled(): Promise<void> {
      const version = (name: string) => store.get('Ingress', 'default', name)?.meta.resourceVersion;
      await waitUntil('all is written', () => {
        const ingresses = fake.all('Ingress').filter((one) => version(one.metadata.name) !== undefined);
        const known = ingresses.every(({ metadata }) => version(metadata.name) === metadata.resourceVersion);
        return known && writer.facts().waiting === 0;
      });
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await writer.stop();
      await source.stop();
      await cluster.close();
      if (api === undefined) await fake[Symbol.asyncDispose]();
    },
  };
}

function addressesOf(fake: FakeApi, name: string): readonly PublishedAddress[] {
  const status = fake.get('Ingress', name)?.status as { loadBalancer?: { ingress?: PublishedAddress[] } } | undefined;
  return status?.loadBalancer?.ingress ?? [];
}

export const ingressClass = (name: string, controller: string): Raw => ({
  ...{ apiVersion: 'networking.k8s.io/v1', kind: 'IngressClass', metadata: { name }, spec: { controller } },
});

export const ingressOf = (name: string, className = 'komainu', more: object = {}): Raw => ({
  ...{ apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata: { name } },
  spec: { ingressClassName: className, defaultBackend: { service: { name: 'web', port: { number: 80 } } } },
  ...more,
});
