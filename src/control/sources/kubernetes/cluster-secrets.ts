import type { ObjectRef } from '../../../model/refusal.ts';
import { resources } from '../../cluster/resources.ts';
import type { ClusterContent } from './cluster-content.ts';
import { type SecretName, SecretReader, type SecretReaderParts } from './secret-reader.ts';
import type { CollectionReport } from './source-facts.ts';
import { type TlsParts, TlsReferences } from './tls-references.ts';
import type { WatchedObject } from './watched-object.ts';

export interface SecretsParts extends Omit<SecretReaderParts, 'read'>, Pick<TlsParts, 'store' | 'ledger' | 'options'> {
  readonly secretScope: 'referenced' | 'all';
  readonly content: ClusterContent;
  /** All reports of what is watched. */
  readonly watched: () => Iterable<CollectionReport>;
  /** Whether all Secrets of this namespace are known, where they are watched. */
  readonly knowsAll: (namespace: string) => boolean;
}

const SECRET = resources.secret.kind;

/** The Secrets that Ingresses of ours name: each read by its name, or found among all that are watched. */
export class ClusterSecrets {
  readonly #parts: SecretsParts;
  readonly #tls: TlsReferences;
  /** undefined: all are watched. */
  readonly #reader: SecretReader | undefined;
  #watchedCount = 0;

  constructor(parts: SecretsParts) {
    this.#parts = parts;
    this.#reader = parts.secretScope === 'all' ? undefined : new SecretReader({ ...parts, read: this.#read });
    this.#tls = new TlsReferences({
      ...parts,
      find: (name) => this.#find(name),
      want: (name) => this.#reader?.want(name),
      forget: (name) => this.#forget(name),
    });
  }

  /** They are no part of what is listed. */
  get apart(): boolean {
    return this.#reader !== undefined;
  }

  /** Of each that is wanted something is known. */
  get read(): boolean {
    return this.#reader?.report().synced ?? true;
  }

  /** And each was looked at. */
  get settled(): boolean {
    return this.read && this.#tls.settled;
  }

  *reports(): Generator<CollectionReport> {
    if (this.#reader?.isUsed) yield { kind: SECRET, required: false, report: this.#reader.report() };
  }

  changed(refs: readonly ObjectRef[]): void {
    for (const ref of refs) if (ref.kind === SECRET) this.#tls.secretChanged(ref);
  }

  /** A list that has come says which ones are missing. */
  look(): void {
    let count = 0;
    for (const { kind, report } of this.#parts.watched()) if (kind === SECRET && report.synced) count++;
    if (count === this.#watchedCount) return;
    this.#watchedCount = count;
    this.#tls.lookAgain();
  }

  stop(): void {
    this.#reader?.stop();
  }

  readonly #read = (name: SecretName, found: WatchedObject | undefined): void => {
    if (found === undefined) this.#parts.content.take([], [refOf(name)]);
    else this.#parts.content.take([found], []);
    this.#tls.secretChanged(name);
  };

  #find(name: SecretName): WatchedObject | 'missing' | 'unknown' {
    const found = this.#parts.content.get(refOf(name));
    if (found !== undefined) return found;
    return (this.#reader?.isMissing(name) ?? this.#parts.knowsAll(name.namespace)) ? 'missing' : 'unknown';
  }

  #forget(name: SecretName): void {
    if (this.#reader === undefined) return;
    this.#reader.forget(name);
    this.#parts.content.take([], [refOf(name)]);
  }
}

const refOf = ({ namespace, name }: SecretName): ObjectRef => ({ kind: SECRET, namespace, name });
