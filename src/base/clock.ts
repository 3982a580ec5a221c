export interface Timer {
  cancel(): void;
}

/** Time, passed in so that tests move it by hand. `now` is monotonic milliseconds, never the wall clock. */
export interface Clock {
  now(): number;
  after(ms: number, run: () => void): Timer;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  after(ms, run) {
    const handle = setTimeout(run, ms);
    return { cancel: () => clearTimeout(handle) };
  },
};
