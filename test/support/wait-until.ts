const STEP_MS = 10;

/** What a condition may say; falsy is "not yet". */
type Answer<T> = T | undefined | false | null | 0 | '';

/**
 * Asks again and again until the condition says something, and returns that. After `deadlineMs` it rejects with `what`
 * and with `state()`, so that a failure says what was there instead. A condition that throws ends the wait at once.
 */
export async function waitUntil<T>(
  what: string,
  condition: () => Answer<T> | Promise<Answer<T>>,
  { deadlineMs = 15_000, state = (): unknown => undefined } = {},
): Promise<T> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const answer = await condition();
    if (answer) return answer as T;
    if (performance.now() > end) throw new Error(`not within ${deadlineMs} ms: ${what}${shown(state())}`);
    await new Promise((resolve) => setTimeout(resolve, STEP_MS));
  }
}

const shown = (state: unknown): string => (state === undefined ? '' : `; there is ${JSON.stringify(state)}`);
