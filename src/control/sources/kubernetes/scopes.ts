import type { Settings } from '../../../settings.ts';
import { resources } from '../../cluster/resources.ts';
import { FollowedNamespaces } from './followed-namespaces.ts';
import { Scope, type ScopeParts } from './scope.ts';
import type { CollectionReport } from './source-facts.ts';
import { clusterKinds, namespacedKinds, type WatchedKind } from './watched-kinds.ts';
import type { WatchedObject } from './watched-object.ts';

export type ScopeSettings = Pick<Settings, 'namespaces' | 'namespaceSelector' | 'labelSelector' | 'secretScope'>;

export interface ScopesParts extends ScopeParts {
  readonly settings: ScopeSettings;
  /** A namespace is no longer one that is read; what it held goes. */
  readonly left: (namespace: string) => void;
}

/** All namespaces that are read, and what stands in none. */
export class Scopes {
  readonly #parts: ScopesParts;
  readonly #kinds: readonly WatchedKind[];
  readonly #followed: FollowedNamespaces | undefined;
  readonly #cluster: Scope;
  readonly #namespaces = new Map<string, Scope>();

  constructor(parts: ScopesParts) {
    const { settings } = parts;
    const { namespaces, namespaceSelector: selector } = settings;
    this.#parts = parts;
    this.#kinds = namespacedKinds(settings);
    const isAll = namespaces.length === 0 && selector === undefined;
    this.#cluster = new Scope(undefined, isAll ? [...clusterKinds, ...this.#kinds] : clusterKinds, parts);
    for (const name of namespaces) this.#namespaces.set(name, new Scope(name, this.#kinds, parts));
    if (selector === undefined) return;
    this.#followed = new FollowedNamespaces({ ...parts, selector, changed: (names) => this.#follow(names) });
  }

  start(): void {
    this.#followed?.start();
    for (const scope of this.#all()) scope.start();
  }

  async stop(): Promise<void> {
    await Promise.all([this.#followed?.stop(), ...[...this.#all()].map((scope) => scope.stop())]);
  }

  /** All of it has been listed, but for namespaces that may not be read: one of those must not hold back the others. */
  get whole(): boolean {
    if (this.#followed?.report().synced === false || !this.#cluster.whole) return false;
    const scopes = [...this.#namespaces.values()];
    return scopes.every((one) => one.whole || one.barred) && (scopes.length === 0 || scopes.some((one) => one.whole));
  }

  /** Something that is needed could not be had. */
  get failing(): boolean {
    const followed = this.#followed?.report();
    if (followed?.synced === false && followed.errors > 0) return true;
    for (const scope of this.#all()) if (scope.failing) return true;
    return false;
  }

  /** What is held back. */
  *waiting(): Generator<WatchedObject> {
    for (const scope of this.#all()) yield* scope.waiting();
  }

  /** Of those that have become whole since: all that they hold. From here on they tell each change. */
  *passWhole(): Generator<WatchedObject> {
    for (const scope of this.#all()) if (!scope.passing && scope.whole) yield* scope.pass();
  }

  /** Whether all of this kind in this namespace is known. */
  knows(kind: string, namespace: string): boolean {
    const scope = this.#namespaces.get(namespace) ?? this.#cluster;
    return scope.passing && scope.reports().some((one) => one.kind.resource.kind === kind && one.report.synced);
  }

  *reports(): Generator<CollectionReport> {
    if (this.#followed !== undefined) {
      yield { kind: resources.namespace.kind, required: true, report: this.#followed.report() };
    }
    for (const scope of this.#all()) {
      for (const { kind, report } of scope.reports()) {
        yield { kind: kind.resource.kind, required: kind.required, report };
      }
    }
  }

  *#all(): Generator<Scope> {
    yield this.#cluster;
    yield* this.#namespaces.values();
  }

  #follow(names: ReadonlySet<string>): void {
    for (const [name, scope] of this.#namespaces) if (!names.has(name)) this.#leave(name, scope);
    for (const name of names) if (!this.#namespaces.has(name)) this.#enter(name);
  }

  #enter(name: string): void {
    const scope = new Scope(name, this.#kinds, this.#parts);
    this.#namespaces.set(name, scope);
    this.#parts.log.info({ namespace: name }, 'namespace is read from here on');
    scope.start();
  }

  #leave(name: string, scope: Scope): void {
    this.#namespaces.delete(name);
    this.#parts.log.info({ namespace: name }, 'namespace is no longer read');
    void scope.stop();
    this.#parts.left(name);
  }
}
