import type { Clock, Timer } from '../../../base/clock.ts';
import type { Dice } from '../../../base/dice.ts';
import type { ObjectRef } from '../../../model/refusal.ts';
import type { Log } from '../../../observe/log.ts';
import type { ClusterApi } from '../../cluster/api.ts';
import { resources } from '../../cluster/resources.ts';
import type { ObjectStore } from '../../object-store.ts';
import type { RefusalLedger } from '../../refusal-ledger.ts';
import type { TranslateOptions } from '../../translate/options.ts';
import { ClusterContent } from './cluster-content.ts';
import { ClusterSecrets } from './cluster-secrets.ts';
import { SavedState } from './saved-state.ts';
import { type ScopeSettings, Scopes } from './scopes.ts';
import { isBehind, kindFacts, type SourceFacts } from './source-facts.ts';
import { isMuchLess, weightsOf } from './watched-kinds.ts';

export interface KubernetesSourceParts {
  readonly api: ClusterApi;
  /** Address of the API server, for people. */
  readonly server: string;
  readonly settings: ScopeSettings;
  readonly options: TranslateOptions;
  readonly store: ObjectStore;
  readonly ledger: Pick<RefusalLedger, 'change'>;
  /** Where what the cluster last said is kept, if anywhere. */
  readonly stateDir: string | undefined;
  readonly version: string;
  readonly clock: Clock;
  readonly dice: Dice;
  readonly log: Log;
}

export interface KubernetesSource {
  /** The store holds all of it. Never rejects: without a cluster it waits. */
  readonly ready: Promise<void>;
  /** What it holds is what the cluster said, not the state file: good enough to write back. Never rejects. */
  readonly live: Promise<void>;
  facts(): SourceFacts;
  /** Of what stands in the cluster, refused objects too. */
  identityOf(ref: ObjectRef): ObjectIdentity | undefined;
  /** No certificate waits to be looked at, so the ledger is complete. */
  readonly settled: boolean;
  stop(): Promise<void>;
}

export interface ObjectIdentity {
  readonly uid: string;
  readonly apiVersion: string;
}

/** What is first read of Secrets may hold back the start this long: without some of them more is served than nothing. */
const SECRETS_WAIT_MS = 5_000;
/** Without a word of failure from the API server, its lists may take so long before the state file is taken. */
const FILE_AFTER_MS = 5_000;
/** Before a cluster is read once more that says much less than the state file. */
const SECOND_LOOK_MS = 1_000;
const SECRET = resources.secret.kind;

/**
 * Keeps the store as the cluster is, until stopped; whatever happens to the cluster, what is known stays. Rejects with
 * StartupError where `stateDir` cannot be used.
 */
export async function startKubernetesSource(parts: KubernetesSourceParts): Promise<KubernetesSource> {
  const source = new Source(parts);
  await source.start();
  return source;
}

/**
 *   reflectors ──► scopes ──(whole)──► content ──► store ──► the pipeline
 *                                         ▲          └──► TLS references ──► ledger
 *                                         └── Secrets, one by one ◄── wanted
 */
class Source implements KubernetesSource {
  readonly ready: Promise<void>;
  readonly live: Promise<void>;
  readonly #parts: KubernetesSourceParts;
  readonly #content: ClusterContent;
  readonly #saved: SavedState | undefined;
  readonly #secrets: ClusterSecrets;
  readonly #startedAtMs: number;
  #scopes: Scopes;
  #setReady = (): void => {};
  #setLive = (): void => {};
  #isReady = false;
  /** All of the cluster was listed, so what it says counts. */
  #live = false;
  #fileAsked = false;
  /** While the state file is what counts. */
  #fileWrittenAtMs: number | undefined;
  /** The cluster said much less than the state file once. */
  #doubted = false;
  readonly #timers = new Set<Timer>();
  #looks = false;
  #stopped = false;

  constructor(parts: KubernetesSourceParts) {
    const { settings, store, ledger, clock } = parts;
    this.#parts = parts;
    this.#startedAtMs = clock.now();
    this.ready = new Promise((resolve) => {
      this.#setReady = resolve;
    });
    this.live = new Promise((resolve) => {
      this.#setLive = resolve;
    });
    this.#content = new ClusterContent({ store, ledger, changed: (refs) => this.#changed(refs) });
    this.#saved = this.#newSaved();
    this.#scopes = this.#newScopes();
    this.#secrets = new ClusterSecrets({
      ...{ ...parts, secretScope: settings.secretScope, content: this.#content, stirred: () => this.#stir() },
      watched: () => this.#scopes.reports(),
      knowsAll: (namespace) => this.#scopes.knows(SECRET, namespace),
    });
  }

  async start(): Promise<void> {
    await this.#saved?.check();
    this.#scopes.start();
    if (this.#saved !== undefined) this.#after(FILE_AFTER_MS, () => this.#askFile());
  }

  get settled(): boolean {
    return this.#secrets.settled;
  }

  identityOf(ref: ObjectRef): ObjectIdentity | undefined {
    return this.#content.get(ref);
  }

  facts(): SourceFacts {
    const kinds = kindFacts([...this.#scopes.reports(), ...this.#secrets.reports()]);
    return {
      server: this.#parts.server,
      ready: this.#isReady,
      fileWrittenAtMs: this.#fileWrittenAtMs,
      staleMs: this.#staleMs(kinds.filter(isBehind).map(({ lastHeardMs }) => lastHeardMs)),
      kinds,
      stateFile: this.#saved?.facts(),
    };
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const timer of this.#timers) timer.cancel();
    this.#secrets.stop();
    if (this.#live) this.#saved?.mark();
    await this.#saved?.stop();
    await this.#scopes.stop();
  }

  #after(ms: number, run: () => void): void {
    const timer = this.#parts.clock.after(ms, () => {
      this.#timers.delete(timer);
      run();
    });
    this.#timers.add(timer);
  }

  #staleMs(behind: readonly number[]): number {
    if (this.#fileWrittenAtMs !== undefined) return Math.max(0, Date.now() - this.#fileWrittenAtMs);
    if (behind.length === 0) return 0;
    const longest = Math.max(...behind);
    return Number.isFinite(longest) ? longest : this.#parts.clock.now() - this.#startedAtMs;
  }

  #newSaved(): SavedState | undefined {
    const { stateDir: dir, version, server, settings, clock, log } = this.#parts;
    if (dir === undefined) return undefined;
    const { namespaces, namespaceSelector = null, labelSelector = null } = settings;
    const subject = { version, server, namespaces, namespaceSelector, labelSelector };
    const currentAtMs = (): number => Date.now() - this.facts().staleMs;
    return new SavedState({ dir, subject, objects: () => this.#content.all(), currentAtMs, clock, log });
  }

  #newScopes(): Scopes {
    return new Scopes({
      ...this.#parts,
      lines: this.#saved !== undefined,
      take: (put, remove) => this.#content.take(put, remove),
      left: (namespace) => this.#left(namespace),
      stirred: () => this.#stir(),
    });
  }

  #changed(refs: readonly ObjectRef[]): void {
    this.#secrets.changed(refs);
    if (this.#live) this.#saved?.mark();
  }

  #left(namespace: string): void {
    if (this.#live) this.#content.removeNamespace(namespace);
  }

  /** Looks once for all that happens in one turn: there may be thousands of collections. */
  #stir(): void {
    if (this.#stopped || this.#looks) return;
    this.#looks = true;
    this.#after(0, () => {
      this.#looks = false;
      this.#look();
    });
  }

  #look(): void {
    if (this.#live) this.#content.take(this.#scopes.passWhole(), []);
    else if (this.#scopes.whole) this.#goLive();
    else if (this.#scopes.failing) this.#askFile();
    this.#secrets.look();
    if (this.#live && this.#secrets.read) this.#tellLive();
  }

  /** The cluster takes over from the state file, if that was taken, in one change. */
  #goLive(): void {
    const wasFile = this.#fileWrittenAtMs !== undefined;
    if (wasFile && !this.#doubted && this.#isShrunk()) return this.#doubt();
    this.#live = true;
    this.#fileWrittenAtMs = undefined;
    this.#content.replace([...this.#scopes.passWhole()], (kind) => kind === SECRET && this.#secrets.apart);
    this.#saved?.mark(); // also when nothing is other than in the file: it is younger now
    if (wasFile) this.#parts.log.info({}, 'the cluster counts again, not the state file');
    this.#after(SECRETS_WAIT_MS, () => this.#tellLive());
  }

  #isShrunk(): boolean {
    return isMuchLess(weightsOf(this.#scopes.waiting()), weightsOf(this.#content.all()));
  }

  /** As with a list that has lost more than half: the old stays until a second reading says the same. */
  #doubt(): void {
    this.#doubted = true;
    this.#parts.log.warn({}, 'the cluster says much less than the state file, it is read once more');
    void this.#scopes.stop();
    this.#scopes = this.#newScopes();
    this.#after(SECOND_LOOK_MS, () => this.#scopes.start());
  }

  /** Once, and only while nothing is known. */
  #askFile(): void {
    if (this.#saved === undefined || this.#fileAsked || this.#live) return;
    this.#fileAsked = true;
    void this.#saved.read().then((saved) => {
      if (saved === undefined || this.#live || this.#stopped) return;
      this.#fileWrittenAtMs = saved.writtenAtMs;
      this.#content.take(saved.objects, []);
      const writtenAt = new Date(saved.writtenAtMs).toISOString();
      this.#parts.log.warn(
        { writtenAt, objects: saved.objects.length },
        'the state file counts until the cluster is read',
      );
      this.#tellReady();
    });
  }

  #tellLive(): void {
    this.#tellReady();
    this.#setLive();
  }

  #tellReady(): void {
    this.#isReady = true;
    this.#setReady();
  }
}
