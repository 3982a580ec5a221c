/** Work that may rest at each `yield`, so that a thread can do something else in between. */
export type Work<T> = Generator<void, T, void>;

/** All of it at once. */
export function finish<T>(work: Work<T>): T {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}
