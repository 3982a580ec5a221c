/** RFC 9110, 10.2.3: seconds or a date. Longer than five minutes is not believed: so long without
 * news of a cluster would be worse than a question too many. */
export function retryAfterMs(
  value: string | readonly string[] | undefined,
  wallNowMs = Date.now(),
): number | undefined {
  const text = typeof value === 'string' ? value.trim() : value?.[0];
  if (text === undefined || text === '') return undefined;
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - wallNowMs;
  return Number.isNaN(ms) ? undefined : believable(ms);
}

/** What no timer can wait for is no pause. */
export const believable = (ms: number): number => Math.min(Math.max(0, ms), LONGEST_MS);

const LONGEST_MS = 300_000;
