import type { ObjectRef } from '../model/refusal.ts';
import { refText } from '../model/refusal.ts';
import { type Endpoint, endpointText, type Rule } from '../model/snapshot.ts';
import { type Asked, hostText, pathText, reasonAgainst } from './reasons.ts';

/** A rule in words, with what stands behind it. */
export interface RuleReport {
  readonly owner: ObjectRef;
  /** Below the folder. */
  readonly file: string;
  readonly field: string;
  readonly host: string;
  readonly pathKind: Rule['pathKind'];
  readonly path: string;
  readonly backend: string;
  readonly endpoints: readonly string[];
}

export interface Explanation {
  readonly request: { readonly method: string; readonly host: string; readonly path: string };
  readonly taken: RuleReport | null;
  /** The nearest first, at most OTHERS_SHOWN. */
  readonly others: readonly (RuleReport & { readonly reason: string })[];
  readonly othersLeftOut: number;
}

export const OTHERS_SHOWN = 20;

/** What rules are read beside the table: where they stand and where they lead. */
export interface RuleFacts {
  readonly fileOf: (owner: ObjectRef) => string;
  readonly endpointsOf: (backend: string) => readonly Endpoint[];
}

export const ruleReport = (rule: Rule, facts: RuleFacts): RuleReport => ({
  owner: rule.owner,
  file: facts.fileOf(rule.owner),
  field: rule.field,
  host: rule.host,
  pathKind: rule.pathKind,
  path: rule.path,
  backend: rule.backend,
  endpoints: facts.endpointsOf(rule.backend).map(endpointText),
});

/** @param found index in `rules` of the rule that the table found, or −1 */
export function explain(
  request: Asked & { readonly method: string },
  found: number,
  rules: readonly Rule[],
  facts: RuleFacts,
): Explanation {
  const winner = found < 0 ? undefined : rules[found];
  const others = rules
    .filter((rule) => rule !== winner)
    .map((rule) => ({ rule, reason: reasonAgainst(rule, request, winner) }))
    .sort((a, b) => b.reason.nearness - a.reason.nearness);
  return {
    request: { method: request.method, host: request.host, path: request.path },
    taken: winner === undefined ? null : ruleReport(winner, facts),
    others: others
      .slice(0, OTHERS_SHOWN)
      .map(({ rule, reason }) => ({ ...ruleReport(rule, facts), reason: reason.text })),
    othersLeftOut: Math.max(0, others.length - OTHERS_SHOWN),
  };
}

const placeText = (rule: RuleReport): string =>
  [refText(rule.owner), rule.file, rule.field].filter((part) => part !== '').join(', ');

export function explanationLines({ request, taken, others, othersLeftOut }: Explanation): string[] {
  const lines = [`${request.method} ${request.path} for the host ${request.host}`];
  if (taken === null) lines.push('Nobody takes it: 404');
  else lines.push(...takenLines(taken));
  for (const other of others) {
    lines.push(`Not ${placeText(other)} (${hostText(other)}, ${pathText(other)}): ${other.reason}`);
  }
  if (othersLeftOut > 0) lines.push(`… and ${othersLeftOut} more rules do not take it`);
  return lines;
}

const takenLines = (taken: RuleReport): string[] => [
  `Taken by ${placeText(taken)}`,
  `  rule       ${hostText(taken)}, ${pathText(taken)}`,
  `  backend    ${taken.backend}`,
  `  endpoints  ${taken.endpoints.length === 0 ? 'none, so it answers 503' : taken.endpoints.join(', ')}`,
];
