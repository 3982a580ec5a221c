import type { Clock } from '../base/clock.ts';
import type { Dice } from '../base/dice.ts';
import { StartupError } from '../base/startup-error.ts';
import type { Refusal } from '../model/refusal.ts';
import { silentLog } from '../observe/log.ts';
import type { Settings } from '../settings.ts';
import { connectCluster } from './cluster/connect-cluster.ts';
import { translateOptions } from './feed.ts';
import { ObjectStore } from './object-store.ts';
import { RefusalLedger } from './refusal-ledger.ts';
import { type KubernetesSource, startKubernetesSource } from './sources/kubernetes/kubernetes-source.ts';
import type { KindFacts } from './sources/kubernetes/source-facts.ts';

export interface LoadedCluster {
  /** Address of the API server. */
  readonly server: string;
  readonly store: ObjectStore;
  /** What is wrong with objects, and with the Secrets that they name. */
  readonly refusals: readonly Refusal[];
  /** Sentences on kinds that could not be read and need not be. */
  readonly warnings: readonly string[];
}

const UNAVAILABLE = 69;
const TRIES = 2;
const LIMIT_MS = 60_000;
const STEP_MS = 20;

/**
 * Reads a cluster once, as `serve` reads it. Rejects with StartupError when there is no way to one, or when what is needed
 * of it cannot be read.
 */
export async function loadCluster(settings: Settings, clock: Clock, dice: Dice): Promise<LoadedCluster> {
  const { kubeconfig, kubeContext: context } = settings;
  const log = silentLog;
  const cluster = await connectCluster({ kubeconfig, context, log, clock });
  const { server } = cluster;
  const store = new ObjectStore();
  const ledger = new RefusalLedger(log);
  const state = { stateDir: undefined, version: '' };
  const source = await startKubernetesSource({
    ...{ api: cluster, server, settings, options: translateOptions(settings) },
    ...{ store, ledger, ...state, clock, dice, log },
  });
  try {
    await wholeSource(source, clock);
    const warnings = source.facts().kinds.flatMap(warningOf);
    return { server, store, refusals: ledger.all(), warnings };
  } finally {
    await source.stop();
    await cluster.close();
  }
}

async function wholeSource(source: KubernetesSource, clock: Clock): Promise<void> {
  const end = clock.now() + LIMIT_MS;
  for (;;) {
    const { ready, server, kinds } = source.facts();
    if (ready && source.settled) return;
    const failed = ready ? undefined : kinds.find(isHopeless);
    if (failed !== undefined) throw unreadable(server, `${failed.kind} cannot be read: ${failed.lastError}`);
    if (clock.now() > end) throw unreadable(server, `it was not read in ${LIMIT_MS / 1000} s`);
    await new Promise<void>((resolve) => void clock.after(STEP_MS, resolve));
  }
}

const isMissing = ({ state }: KindFacts): boolean => state === 'absent' || state === 'forbidden';

/** What is only refused once may be an API server that restarts. */
const isHopeless = (kind: KindFacts): boolean =>
  !kind.synced && (kind.required ? isMissing(kind) || kind.errors >= TRIES : !isMissing(kind) && kind.errors >= TRIES);

const unreadable = (server: string, problem: string): StartupError =>
  new StartupError(`The cluster at ${server} cannot be read: ${problem}.`, UNAVAILABLE);

const warningOf = (kind: KindFacts): string[] =>
  isMissing(kind) ? [`${kind.kind} cannot be read and is left out: ${kind.lastError}`] : [];
