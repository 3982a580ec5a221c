import type { Clock } from '../../../base/clock.ts';
import type { Log } from '../../../observe/log.ts';
import { type Resource, resources } from '../../cluster/resources.ts';
import type { Raw } from './kept-fields.ts';
import type { StateFileFacts } from './source-facts.ts';
import { type StateContent, StateFile, StateFileProblem, type StateSubject } from './state-file.ts';
import { StateKeeper } from './state-keeper.ts';
import { TimeSlice } from './time-slice.ts';
import { type WatchedObject, watchedObject } from './watched-object.ts';

export interface SavedParts {
  readonly dir: string;
  readonly subject: StateSubject;
  /** All that counts now. */
  readonly objects: () => Iterable<WatchedObject>;
  /** When the cluster surely said so, in milliseconds since 1970. */
  readonly currentAtMs: () => number;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Saved {
  /** Milliseconds since 1970. */
  readonly writtenAtMs: number;
  readonly objects: readonly WatchedObject[];
}

/** Secrets are not kept: a file lives longer than the right to read them. */
const isKept = ({ ref }: WatchedObject): boolean => ref.kind !== resources.secret.kind;

const kinds: ReadonlyMap<unknown, Resource> = new Map(
  [resources.ingress, resources.ingressClass, resources.service, resources.endpointSlice].map((one) => [one.kind, one]),
);

/** What the cluster last said, for a start while its API server is away. */
export class SavedState {
  readonly #file: StateFile;
  readonly #keeper: StateKeeper;
  readonly #clock: Clock;
  readonly #log: Log;

  constructor({ dir, subject, objects, currentAtMs, clock, log }: SavedParts) {
    const file = new StateFile(dir, subject);
    const content = (): StateContent => ({
      writtenAtMs: currentAtMs(),
      lines: [...objects()].filter(isKept).map(({ text }) => text),
    });
    this.#file = file;
    this.#keeper = new StateKeeper({ file, content, clock, log });
    this.#clock = clock;
    this.#log = log;
  }

  /** Rejects with StartupError where files cannot be kept in the folder. */
  check(): Promise<void> {
    return this.#file.check();
  }

  /** undefined where there is no file that counts; the log says why. */
  async read(): Promise<Saved | undefined> {
    const file = this.#file.path;
    try {
      const content = await this.#file.read();
      if (content === undefined) this.#log.warn({ file }, 'there is no state file');
      return content && (await this.#restore(content));
    } catch (error) {
      const reason = error instanceof StateFileProblem ? error.message : 'it is damaged';
      this.#log.error({ file, reason }, 'the state file does not count');
      return undefined;
    }
  }

  mark(): void {
    this.#keeper.mark();
  }

  facts(): StateFileFacts {
    return this.#keeper.facts();
  }

  stop(): Promise<void> {
    return this.#keeper.stop();
  }

  async #restore({ writtenAtMs, lines }: StateContent): Promise<Saved> {
    const slice = new TimeSlice(this.#clock);
    const objects: WatchedObject[] = [];
    for (const line of lines) {
      const raw = JSON.parse(line) as Raw;
      const resource = kinds.get(raw.kind);
      if (resource !== undefined) objects.push(watchedObject(raw, resource, true));
      if (slice.isOver) await slice.rest();
    }
    return { writtenAtMs, objects };
  }
}
