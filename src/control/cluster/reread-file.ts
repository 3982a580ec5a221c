import { readFile } from 'node:fs/promises';
import type { Clock } from '../../base/clock.ts';

/** A token lives for minutes after its successor was written, so ten seconds are soon enough. */
const MAX_AGE_MS = 10_000;

/** A file that somebody replaces now and then: a token, a certificate. Its last content stays while it cannot be read. */
export class RereadFile {
  readonly #path: string;
  readonly #clock: Clock;
  #text: string | undefined;
  #readAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;

  constructor(path: string, clock: Clock) {
    this.#path = path;
    this.#clock = clock;
  }

  /** Rejects as `readFile` does when the file has never been readable. */
  async text(): Promise<string> {
    if (this.#clock.now() - this.#readAt >= MAX_AGE_MS) {
      this.#reading ??= this.#read().finally(() => {
        this.#reading = undefined;
      });
      await this.#reading;
    }
    return this.#text as string;
  }

  /** What it said was not accepted: look again with the next use. */
  distrust(): void {
    this.#readAt = Number.NEGATIVE_INFINITY;
  }

  async #read(): Promise<void> {
    try {
      this.#text = await readFile(this.#path, 'utf8');
      this.#readAt = this.#clock.now();
    } catch (error) {
      if (this.#text === undefined) throw error;
    }
  }
}
