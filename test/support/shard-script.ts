import { BroadcastChannel } from 'node:worker_threads';

/** What an incarnation does otherwise than the rest, from its start on. */
export type Quirk =
  | 'throw-at-start'
  | 'exit-at-start'
  | 'listen-failed'
  | 'listen-late' // waits for the command 'listen-now'
  | 'acknowledge-late' // waits for the command 'acknowledge'
  | 'drain-never';

/** By `<index>.<incarnation>`, both from 0. */
export type Script = Readonly<Record<string, readonly Quirk[]>>;

export type Command =
  | 'throw'
  | 'exit'
  | 'loop'
  | 'gather'
  | 'fail'
  | 'leave'
  | 'exhaust'
  | 'acknowledge'
  | 'count'
  | 'listen-now'
  | 'log';

/** What an incarnation tells of itself. */
export interface Told {
  readonly index: number;
  readonly incarnation: number;
  readonly what:
    | 'started'
    | 'drain'
    | 'counted'
    | 'gathering'
    | 'looping'
    | { readonly listen: readonly number[] }
    | { readonly adopt: number };
}

/** The health word that ends the command 'gather' when it is no longer 0 and its waiters are notified. */
export const gatherWord = 1_000;

/** Threads get a copy of the environment when they start; a worker's URL loses its query on the way. */
export const scriptVariable = 'KOMAINU_TEST_SHARD_SCRIPT';

let runs = 0;

/** The test's side of `scripted-shard.ts`. */
export class ShardScript {
  readonly url = new URL('./scripted-shard.ts', import.meta.url);
  readonly told: Told[] = [];
  readonly #channel: BroadcastChannel;
  readonly #watchers = new Set<() => void>();

  constructor(script: Script = {}) {
    const name = `scripted-${process.pid}-${runs++}`;
    process.env[scriptVariable] = JSON.stringify({ channel: name, script });
    this.#channel = new BroadcastChannel(name);
    this.#channel.onmessage = (event) => this.#hear((event as { data: Told }).data);
  }

  /** `to`: `<index>.<incarnation>`. */
  command(to: string, command: Command): void {
    this.#channel.postMessage({ to, command });
  }

  /** Resolves when this incarnation has told this, now or before. */
  heard(who: string, what: Told['what']): Promise<void> {
    const wanted = JSON.stringify(what);
    return new Promise((resolve) => {
      const look = (): void => {
        const found = this.told.some(
          (one) => `${one.index}.${one.incarnation}` === who && JSON.stringify(one.what) === wanted,
        );
        if (!found) return;
        this.#watchers.delete(look);
        resolve();
      };
      this.#watchers.add(look);
      look();
    });
  }

  close(): void {
    this.#channel.close();
  }

  #hear(told: Told): void {
    this.told.push(told);
    for (const look of [...this.#watchers]) look();
  }
}
