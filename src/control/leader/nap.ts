import type { Clock } from '../../base/clock.ts';

/** A wait that can be cut short; what is roused while nobody waits ends the next wait at once. */
export class Nap {
  readonly #clock: Clock;
  #wake: (() => void) | undefined;
  #roused = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  take(ms: number): Promise<void> {
    if (this.#roused) {
      this.#roused = false;
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const timer = this.#clock.after(ms, () => this.#wake?.());
      this.#wake = () => {
        this.#wake = undefined;
        timer.cancel();
        resolve();
      };
    });
  }

  rouse(): void {
    if (this.#wake === undefined) this.#roused = true;
    else this.#wake();
  }
}
