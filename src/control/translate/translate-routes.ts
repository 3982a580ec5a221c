import type { Ingress } from '../../model/objects.ts';
import { type Refusal, refText } from '../../model/refusal.ts';
import type { RouteSnapshot, Rule } from '../../model/snapshot.ts';
import type { ObjectReader } from '../object-reader.ts';
import { backendKey } from './backend-key.ts';
import { type Claim, claimKey, claimsOf } from './claims.ts';
import { standingOf } from './ingress-standing.ts';
import type { TranslateOptions } from './options.ts';
import { settleRefusals } from './refusals.ts';
import { bySeniority, byText, seniorityText } from './seniority.ts';
import { claimText } from './texts.ts';

export interface TranslatedRoutes {
  readonly snapshot: RouteSnapshot;
  readonly refusals: Refusal[];
}

/** Ingresses and IngressClasses → rules, each host and path once. An Ingress that did not change keeps its `Rule` objects. */
export function translateRoutes(objects: ObjectReader, options: TranslateOptions): TranslatedRoutes {
  const refusals: Refusal[] = [];
  const winners = new Map<string, Claim>();
  const losers: Claim[] = [];
  for (const ingress of objects.list('Ingress')) {
    const standing = standingOf(ingress, objects, options);
    if (standing === 'unknown') refusals.push(unknownClass(ingress, options));
    if (standing !== 'ours') continue;
    const read = claimsOf(ingress);
    refusals.push(...read.refusals);
    for (const claim of read.claims) settleClaim(claim, winners, losers);
  }
  // Only now is it known who wins: an older Ingress may have come later.
  for (const loser of losers) refusals.push(conflict(loser, winners.get(loser.key)!));
  return { snapshot: { rules: sortedRules(winners, options) }, refusals: settleRefusals(refusals) };
}

function settleClaim(claim: Claim, winners: Map<string, Claim>, losers: Claim[]): void {
  const other = winners.get(claim.key);
  if (other !== undefined && bySeniority(other.ingress, claim.ingress) < 0) {
    losers.push(claim);
    return;
  }
  if (other !== undefined) losers.push(other);
  winners.set(claim.key, claim);
}

function sortedRules(winners: ReadonlyMap<string, Claim>, options: TranslateOptions): Rule[] {
  const claims: Pick<Claim, 'key' | 'rule'>[] = [...winners.values()];
  const rest = claimKey('', 'default', '');
  if (options.defaultBackend !== undefined && !winners.has(rest)) {
    claims.push({ key: rest, rule: settingRule(options.defaultBackend) });
  }
  return claims.sort((a, b) => byText(a.key, b.key)).map((claim) => claim.rule);
}

/** Owned by no object: the owner names the setting, and the field is its key. */
function settingRule({ namespace, service, port }: NonNullable<TranslateOptions['defaultBackend']>): Rule {
  const owner = { kind: 'Setting', namespace: '', name: 'defaultBackend' };
  const backend = backendKey(namespace, service, port);
  return { host: '', pathKind: 'default', path: '', backend, owner, field: 'defaultBackend' };
}

function conflict(loser: Claim, winner: Claim): Refusal {
  const { owner, field } = winner.rule;
  const why = seniorityText(winner.ingress, loser.ingress);
  return {
    file: loser.ingress.origin.file,
    object: loser.rule.owner,
    field: loser.rule.field,
    reason: 'PathConflict',
    message: `${claimText(loser.rule)} belongs to ${refText(owner)} (${field}), which ${why}`,
  };
}

function unknownClass(ingress: Ingress, { ingressClass, controller }: TranslateOptions): Refusal {
  const { namespace, name } = ingress.meta;
  return {
    file: ingress.origin.file,
    object: { kind: 'Ingress', namespace, name },
    field: 'spec.ingressClassName',
    reason: 'ClassUnknown',
    message: `there is no IngressClass ${ingressClass} with the controller ${controller}, so this Ingress is not served`,
  };
}
