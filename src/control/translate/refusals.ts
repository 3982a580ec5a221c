import type { Refusal } from '../../model/refusal.ts';
import { byText } from './seniority.ts';

/** In one order, whatever order the objects came in, and each once: two backends may find the same fault. */
export function settleRefusals(refusals: readonly Refusal[]): Refusal[] {
  const byKey = new Map(refusals.map((refusal) => [refusalKey(refusal), refusal]));
  return [...byKey].sort(([a], [b]) => byText(a, b)).map(([, refusal]) => refusal);
}

function refusalKey({ file, object, field, reason, message }: Refusal): string {
  // paths[2] before paths[10].
  const place = field.replace(/\d+/g, (digits) => digits.padStart(6, '0'));
  return [file, object?.kind, object?.namespace, object?.name, place, reason, message].join('\0');
}
