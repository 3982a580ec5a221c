import type { Ingress } from '../../model/objects.ts';

/**
 * Negative when `a` is the older of two Ingresses, whose claims count. Never 0 for two different ones, so the order in
 * which they arrive decides nothing.
 */
export function bySeniority(a: Ingress, b: Ingress): number {
  return (
    byTime(a.meta.createdAtMs, b.meta.createdAtMs) || // the earlier creation time
    byText(a.meta.namespace, b.meta.namespace) || // then the namespace
    byText(a.meta.name, b.meta.name) // then the name
  );
}

/** Why `senior` comes before `junior`, to be said to the author of the latter. */
export function seniorityText(senior: Ingress, junior: Ingress): string {
  if (byTime(senior.meta.createdAtMs, junior.meta.createdAtMs) === 0) return 'comes first by namespace and name';
  return junior.meta.createdAtMs === undefined ? 'has a creation time and so counts as older' : 'is older';
}

/** What has a creation time is older than what has none: an age that nobody knows must not push out one that is known. */
function byTime(a: number | undefined, b: number | undefined): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
  return a - b;
}

/** By code units, the same everywhere: no locale. */
export const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
