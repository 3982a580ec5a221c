import { quoted } from '../../model/quoted.ts';
import type { Rule } from '../../model/snapshot.ts';

/** `Prefix "/a" of a.test`, `what is left of every host`. */
export function claimText(rule: Rule): string {
  const host = rule.host === '' ? 'every host' : rule.host;
  if (rule.pathKind === 'default') return `what is left of ${host}`;
  const path = rule.pathKind === 'prefix' && rule.path === '' ? '/' : rule.path;
  return `${rule.pathKind === 'exact' ? 'Exact' : 'Prefix'} ${quoted(path)} of ${host}`;
}
