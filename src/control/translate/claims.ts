import type { Ingress, IngressBackend, IngressPath, IngressRule } from '../../model/objects.ts';
import type { ObjectRef, Refusal, RefusalReason } from '../../model/refusal.ts';
import { kindRank, type PathKind, type Rule } from '../../model/snapshot.ts';
import { backendKey } from './backend-key.ts';
import type { TranslateOptions } from './options.ts';
import { rulePath } from './rule-path.ts';
import { claimText } from './texts.ts';

/** One Ingress wants one host and path. Of the claims with one key a single one becomes a rule. */
export interface Claim {
  /** Equal for equal host, path kind and path; the order of keys is the order of the snapshot. */
  readonly key: string;
  readonly rule: Rule;
  /** undefined: of a setting. */
  readonly ingress: Ingress | undefined;
}

/** What one Ingress says, whatever the others say: keys are distinct. */
export interface Claims {
  readonly claims: readonly Claim[];
  readonly refusals: readonly Refusal[];
}

/** NUL sorts before all that a host can have, so keys sort by host first. */
const claimKey = (host: string, pathKind: PathKind, path: string): string => `${host}\0${kindRank[pathKind]}${path}`;

export const readClaims = (ingress: Ingress): Claims => new ClaimReader(ingress).read();

/** Owned by no object: the owner names the setting, and the field is its key. */
export function settingClaim({ namespace, service, port }: NonNullable<TranslateOptions['defaultBackend']>): Claim {
  const owner = { kind: 'Setting', namespace: '', name: 'defaultBackend' };
  const backend = backendKey(namespace, service, port);
  const rule: Rule = { host: '', pathKind: 'default', path: '', backend, owner, field: 'defaultBackend' };
  return { key: claimKey('', 'default', ''), rule, ingress: undefined };
}

class ClaimReader {
  readonly #ingress: Ingress;
  readonly #owner: ObjectRef;
  readonly #claims = new Map<string, Claim>();
  /** Keys of prefixes that were written with a slash at the end. */
  readonly #slashed = new Set<string>();
  readonly #refusals: Refusal[] = [];

  constructor(ingress: Ingress) {
    this.#ingress = ingress;
    this.#owner = { kind: 'Ingress', namespace: ingress.meta.namespace, name: ingress.meta.name };
  }

  read(): Claims {
    const { problems, rules, defaultBackend } = this.#ingress;
    for (const { field, message } of problems) this.#refuse(field, 'ObjectInvalid', message);
    for (const rule of rules) this.#readRule(rule);
    if (defaultBackend !== undefined) this.#addDefaults(defaultBackend);
    return { claims: [...this.#claims.values()], refusals: this.#refusals };
  }

  #readRule(rule: IngressRule): void {
    for (const path of rule.paths ?? []) this.#readPath(rule.host, path);
    if (rule.paths !== undefined || this.#ingress.defaultBackend !== undefined) return;
    const message = `${rule.field} has no http, and there is no usable spec.defaultBackend that could take its host`;
    this.#refuse(rule.field, 'ObjectInvalid', message);
  }

  #readPath(host: string, { field, pathType, path: written, backend }: IngressPath): void {
    const read = rulePath(written);
    if ('wrong' in read) return this.#refuse(`${field}.path`, 'ObjectInvalid', read.wrong);
    // ImplementationSpecific is ours to define: as Prefix.
    if (pathType === 'Exact') this.#claim(host, 'exact', read.path, backend, field);
    else this.#claimPrefix(host, read.path, backend, field);
  }

  /** /a and /a/ are one prefix. Where one Ingress has both, /a/ is the longer and counts (networking/v1, PathTypePrefix). */
  #claimPrefix(host: string, written: string, backend: IngressBackend, field: string): void {
    const path = written.endsWith('/') ? written.slice(0, -1) : written;
    const key = claimKey(host, 'prefix', path);
    const first = this.#claims.get(key);
    if (path !== written) {
      if (first !== undefined && !this.#slashed.has(key)) this.#giveWay(first, field);
      this.#slashed.add(key);
    }
    this.#claim(host, 'prefix', path, backend, field);
  }

  #giveWay({ key, rule }: Claim, field: string): void {
    this.#claims.delete(key);
    const message = `${claimText(rule)} is taken by ${field} of the same Ingress, whose path is longer by a slash`;
    this.#refuse(rule.field, 'PathConflict', message);
  }

  /** Without rules the default backend takes every host, with rules the hosts that they name. */
  #addDefaults(backend: IngressBackend): void {
    const { rules } = this.#ingress;
    const hosts = rules.length === 0 ? [''] : new Set(rules.map((rule) => rule.host));
    for (const host of hosts) this.#claim(host, 'default', '', backend, 'spec.defaultBackend');
  }

  #claim(host: string, pathKind: PathKind, path: string, backend: IngressBackend, field: string): void {
    const key = claimKey(host, pathKind, path);
    const first = this.#claims.get(key);
    if (first !== undefined) {
      const message = `${claimText(first.rule)} is already taken by ${first.rule.field} of the same Ingress`;
      return this.#refuse(field, 'PathConflict', message);
    }
    const name = backendKey(this.#owner.namespace, backend.service, backend.port);
    const rule: Rule = { host, pathKind, path, backend: name, owner: this.#owner, field };
    this.#claims.set(key, { key, rule, ingress: this.#ingress });
  }

  #refuse(field: string, reason: RefusalReason, message: string): void {
    this.#refusals.push({ file: this.#ingress.origin.file, object: this.#owner, field, reason, message });
  }
}
