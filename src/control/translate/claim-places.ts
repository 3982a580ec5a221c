import type { Work } from '../../base/slices.ts';
import { type Refusal, refText } from '../../model/refusal.ts';
import { type Rule, sameRule } from '../../model/snapshot.ts';
import type { Claim } from './claims.ts';
import { KeyedList } from './keyed-list.ts';
import { bySeniority, seniorityText } from './seniority.ts';
import { claimText } from './texts.ts';

/** One rule that is another one now: without `before` it came, without `after` it went. */
export interface RuleStep {
  readonly before: Rule | undefined;
  readonly after: Rule | undefined;
}

/** A host and path that somebody asks for. */
interface Place {
  readonly key: string;
  /** Oldest first: the rule of the first one stands, the others wait and are refused. */
  readonly claims: Claim[];
  /** Whose rule stands since the last settling. */
  winner: Claim | undefined;
}

/** Who gets which host and path. Keeps every claim, so that a place is judged only when one of its claims comes or goes. */
export class ClaimPlaces {
  readonly #refusals: Map<string, readonly Refusal[]>;
  readonly #places = new Map<string, Place>();
  /** Those that are not settled since their claims changed, and the claims that came. */
  readonly #touched = new Map<Place, Set<Claim>>();
  readonly #sorted = new KeyedList<Rule>();
  /** Not yet in the list. */
  readonly #edits = new Map<string, Rule | undefined>();
  #steps: RuleStep[] = [];
  #differs = false;
  #rules: readonly Rule[] = [];

  /** `refusals` takes what is refused now of each claim that was looked at. */
  constructor(refusals: Map<string, readonly Refusal[]>) {
    this.#refusals = refusals;
  }

  add(claim: Claim): void {
    const place = this.#places.get(claim.key) ?? { key: claim.key, claims: [], winner: undefined };
    this.#places.set(claim.key, place);
    place.claims.splice(rankOf(claim, place.claims), 0, claim);
    this.#touch(place).add(claim);
  }

  remove(claim: Claim): void {
    const place = this.#places.get(claim.key)!;
    place.claims.splice(rankOf(claim, place.claims), 1);
    this.#touch(place).delete(claim);
    this.#refusals.set(nameOf(claim), []);
  }

  /** The rules in the order of a snapshot, the same list as before while none differs, and what became of each one touched. */
  *settle(): Work<{ readonly rules: readonly Rule[]; readonly steps: readonly RuleStep[] }> {
    for (const [place, fresh] of this.#touched) {
      this.#settlePlace(place, fresh);
      this.#touched.delete(place);
      yield;
    }
    this.#sorted.change(this.#edits);
    this.#edits.clear();
    if (this.#differs) this.#rules = this.#sorted.values;
    this.#differs = false;
    const steps = this.#steps;
    this.#steps = [];
    return { rules: this.#rules, steps };
  }

  #touch(place: Place): Set<Claim> {
    const fresh = this.#touched.get(place) ?? new Set();
    this.#touched.set(place, fresh);
    return fresh;
  }

  #settlePlace(place: Place, fresh: ReadonlySet<Claim>): void {
    const before = place.winner;
    const winner = place.claims.at(0);
    place.winner = winner;
    if (winner === undefined) this.#places.delete(place.key);
    if (before !== winner) this.#noteStep(place.key, before, winner);
    if (winner === undefined) return;
    // It waited until now.
    if (before !== winner && !fresh.has(winner)) this.#refusals.set(nameOf(winner), []);
    const losers = saysTheSame(before, winner) ? [...fresh].filter((claim) => claim !== winner) : place.claims.slice(1);
    for (const loser of losers) this.#refusals.set(nameOf(loser), conflicts(loser, winner));
  }

  #noteStep(key: string, before: Claim | undefined, after: Claim | undefined): void {
    this.#edits.set(key, after?.rule);
    this.#steps.push({ before: before?.rule, after: after?.rule });
    if (before === undefined || after === undefined || !sameRule(before.rule, after.rule)) this.#differs = true;
  }
}

/** Where it stands among the claims, or where it belongs. */
function rankOf(claim: Claim, claims: readonly Claim[]): number {
  let low = 0;
  let high = claims.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (byAge(claims[middle], claim) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The claim of a setting gives way to every Ingress. */
function byAge(a: Claim, b: Claim): number {
  if (a.ingress !== undefined && b.ingress !== undefined) return bySeniority(a.ingress, b.ingress);
  return Number(a.ingress === undefined) - Number(b.ingress === undefined);
}

/** To the losers. */
const saysTheSame = (a: Claim | undefined, b: Claim): boolean =>
  a !== undefined && sameRule(a.rule, b.rule) && a.ingress?.meta.createdAtMs === b.ingress?.meta.createdAtMs;

const nameOf = ({ key, rule: { owner } }: Claim): string => `claim ${refText(owner)} ${key}`;

function conflicts(loser: Claim, winner: Claim): Refusal[] {
  if (loser.ingress === undefined || winner.ingress === undefined) return [];
  const { owner, field } = winner.rule;
  const why = seniorityText(winner.ingress, loser.ingress);
  const message = `${claimText(loser.rule)} belongs to ${refText(owner)} (${field}), which ${why}`;
  const { file } = loser.ingress.origin;
  return [{ file, object: loser.rule.owner, field: loser.rule.field, reason: 'PathConflict', message }];
}
