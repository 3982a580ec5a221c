import type { Clock, Timer } from '../../../base/clock.ts';
import type { Log } from '../../../observe/log.ts';
import type { StateFileFacts } from './source-facts.ts';
import type { StateContent, StateFile } from './state-file.ts';

export interface KeeperParts {
  readonly file: Pick<StateFile, 'write' | 'path'>;
  /** As it is now. */
  readonly content: () => StateContent;
  readonly clock: Clock;
  readonly log: Log;
}

const LEAST_PAUSE_MS = 5_000;
/** While everything changes all the time, writing takes a small part of it. */
const PAUSE_BY_DURATION = 50;

/** Writes the state file some time after a change, and at the end. What cannot be written is tried again later. */
export class StateKeeper {
  readonly #parts: KeeperParts;
  #pauseMs = LEAST_PAUSE_MS;
  #timer: Timer | undefined;
  #writing: Promise<void> | undefined;
  #dirty = false;
  #writes = 0;
  #errors = 0;
  #bytes = 0;
  #failing = false;
  #stopped = false;

  constructor(parts: KeeperParts) {
    this.#parts = parts;
  }

  /** Something is other than in the file. */
  mark(): void {
    this.#dirty = true;
    if (this.#stopped || this.#writing !== undefined) return;
    this.#timer ??= this.#parts.clock.after(this.#pauseMs, () => {
      this.#timer = undefined;
      void this.#write();
    });
  }

  facts(): StateFileFacts {
    return { writes: this.#writes, errors: this.#errors, bytes: this.#bytes };
  }

  /** Resolves when the last of it is on the disk, or could not be brought there. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#writing;
    if (this.#dirty) await this.#write();
  }

  #write(): Promise<void> {
    this.#dirty = false;
    this.#writing = this.#tryToWrite().finally(() => {
      this.#writing = undefined;
      if (this.#dirty) this.mark();
    });
    return this.#writing;
  }

  async #tryToWrite(): Promise<void> {
    const { file, content, clock, log } = this.#parts;
    const begin = clock.now();
    try {
      this.#bytes = await file.write(content());
      this.#writes++;
      this.#failing = false;
    } catch (error) {
      this.#errors++;
      this.#dirty = true;
      if (!this.#failing) log.error({ file: file.path, err: error }, 'the state file cannot be written');
      this.#failing = true;
    }
    this.#pauseMs = Math.max(LEAST_PAUSE_MS, (clock.now() - begin) * PAUSE_BY_DURATION);
  }
}
