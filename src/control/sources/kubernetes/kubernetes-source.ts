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
import { type ScopeSettings, Scopes } from './scopes.ts';
import { type SecretName, SecretReader } from './secret-reader.ts';
import { type CollectionReport, isBehind, kindFacts, type SourceFacts } from './source-facts.ts';
import { TlsReferences } from './tls-references.ts';
import type { WatchedObject } from './watched-object.ts';

export interface KubernetesSourceParts {
  readonly api: ClusterApi;
  /** Address of the API server, for people. */
  readonly server: string;
  readonly settings: ScopeSettings;
  readonly options: TranslateOptions;
  readonly store: ObjectStore;
  readonly ledger: Pick<RefusalLedger, 'change'>;
  readonly clock: Clock;
  readonly dice: Dice;
  readonly log: Log;
}

export interface KubernetesSource {
  /** The store holds all of it. Never rejects: without a cluster it waits. */
  readonly ready: Promise<void>;
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
const SECRET = resources.secret.kind;

/** Keeps the store as the cluster is, until stopped; whatever happens to the cluster, what is known stays. */
export function startKubernetesSource(parts: KubernetesSourceParts): KubernetesSource {
  const source = new Source(parts);
  source.start();
  return source;
}

/**
 *   reflectors ──► scopes ──(whole)──► content ──► store ──► the pipeline
 *                                         ▲          └──► TLS references ──► ledger
 *                                         └── Secrets, one by one ◄── wanted
 */
class Source implements KubernetesSource {
  readonly ready: Promise<void>;
  readonly #parts: KubernetesSourceParts;
  readonly #content: ClusterContent;
  readonly #scopes: Scopes;
  readonly #tls: TlsReferences;
  /** undefined: all Secrets are watched. */
  readonly #reader: SecretReader | undefined;
  readonly #startedAtMs: number;
  #setReady = (): void => {};
  #isReady = false;
  /** All of the cluster was listed, so what it says counts. */
  #live = false;
  #knownSecrets = 0;
  #look: Timer | undefined;
  #secretsLimit: Timer | undefined;
  #stopped = false;

  constructor(parts: KubernetesSourceParts) {
    const { settings, store, ledger, options, clock } = parts;
    this.#parts = parts;
    this.#startedAtMs = clock.now();
    this.ready = new Promise((resolve) => {
      this.#setReady = resolve;
    });
    this.#content = new ClusterContent({ store, ledger, changed: (refs) => this.#changed(refs) });
    this.#scopes = new Scopes({
      ...parts,
      lines: false,
      take: (put, remove) => this.#content.take(put, remove),
      left: (namespace) => this.#left(namespace),
      stirred: () => this.#stir(),
    });
    this.#reader = settings.secretScope === 'all' ? undefined : this.#newReader();
    this.#tls = new TlsReferences({
      ...{ store, ledger, options, clock },
      find: (name) => this.#findSecret(name),
      want: (name) => this.#reader?.want(name),
      forget: (name) => this.#forgetSecret(name),
    });
  }

  start(): void {
    this.#scopes.start();
  }

  get settled(): boolean {
    return this.#tls.settled && (this.#reader?.report().synced ?? true);
  }

  identityOf(ref: ObjectRef): ObjectIdentity | undefined {
    return this.#content.get(ref);
  }

  facts(): SourceFacts {
    const kinds = kindFacts(this.#collections());
    return {
      server: this.#parts.server,
      ready: this.#isReady,
      fileWrittenAtMs: undefined,
      staleMs: this.#staleMs(kinds.filter(isBehind).map(({ lastHeardMs }) => lastHeardMs)),
      kinds,
      stateFile: undefined,
    };
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#look?.cancel();
    this.#secretsLimit?.cancel();
    this.#reader?.stop();
    await this.#scopes.stop();
  }

  *#collections(): Generator<CollectionReport> {
    yield* this.#scopes.reports();
    if (this.#reader?.isUsed) yield { kind: SECRET, required: false, report: this.#reader.report() };
  }

  #staleMs(behind: readonly number[]): number {
    if (behind.length === 0) return 0;
    const longest = Math.max(...behind);
    return Number.isFinite(longest) ? longest : this.#parts.clock.now() - this.#startedAtMs;
  }

  #newReader(): SecretReader {
    const { api, clock, dice, log } = this.#parts;
    const read = (name: SecretName, found: WatchedObject | undefined): void => {
      if (found === undefined) this.#content.take([], [secretRef(name)]);
      else this.#content.take([found], []);
      this.#tls.secretChanged(name);
    };
    return new SecretReader({ api, clock, dice, log, read, stirred: () => this.#stir() });
  }

  #findSecret(name: SecretName): WatchedObject | 'missing' | 'unknown' {
    const found = this.#content.get(secretRef(name));
    if (found !== undefined) return found;
    const isMissing = this.#reader?.isMissing(name) ?? this.#scopes.knows(SECRET, name.namespace);
    return isMissing ? 'missing' : 'unknown';
  }

  #forgetSecret(name: SecretName): void {
    if (this.#reader === undefined) return;
    this.#reader.forget(name);
    this.#content.take([], [secretRef(name)]);
  }

  #changed(refs: readonly ObjectRef[]): void {
    for (const ref of refs) if (ref.kind === SECRET) this.#tls.secretChanged(ref);
  }

  #left(namespace: string): void {
    if (this.#live) this.#content.removeNamespace(namespace);
  }

  /** Looks once for all that happens in one turn: there may be thousands of collections. */
  #stir(): void {
    if (this.#stopped) return;
    this.#look ??= this.#parts.clock.after(0, () => {
      this.#look = undefined;
      this.#takeWhole();
      this.#lookForSecrets();
      if (this.#live && this.#reader?.report().synced !== false) this.#tellReady();
    });
  }

  #takeWhole(): void {
    if (this.#live) return this.#content.take(this.#scopes.passWhole(), []);
    if (!this.#scopes.whole) return;
    this.#live = true;
    this.#content.replace([...this.#scopes.passWhole()], (kind) => kind === SECRET && this.#reader !== undefined);
    this.#secretsLimit = this.#parts.clock.after(SECRETS_WAIT_MS, () => this.#tellReady());
  }

  /** Where all are watched, a list says which ones are missing. */
  #lookForSecrets(): void {
    let known = 0;
    for (const { kind, report } of this.#scopes.reports()) if (kind === SECRET && report.synced) known++;
    if (known === this.#knownSecrets) return;
    this.#knownSecrets = known;
    this.#tls.lookAgain();
  }

  #tellReady(): void {
    this.#isReady = true;
    this.#secretsLimit?.cancel();
    this.#setReady();
  }
}

const secretRef = ({ namespace, name }: SecretName): ObjectRef => ({ kind: SECRET, namespace, name });
