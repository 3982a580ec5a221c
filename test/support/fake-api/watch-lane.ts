import type { ServerResponse } from 'node:http';
import type { Clock, Timer } from '../../../src/base/clock.ts';
import { statusBody } from './answers.ts';
import type { Change, ObjectHistory } from './object-history.ts';
import type { Stored } from './raw.ts';
import type { Judge } from './selectors.ts';

const BOOKMARK_MS = 60_000;

export interface WatchQuestion {
  readonly kind: string;
  readonly apiVersion: string;
  readonly query: URLSearchParams;
  readonly fits: Judge;
}

/** One open watch. */
export class WatchLane {
  readonly kind: string;
  readonly #history: ObjectHistory;
  readonly #question: WatchQuestion;
  readonly #response: ServerResponse;
  readonly #clock: Clock;
  readonly #forget: () => void;
  readonly #timers: (Timer | undefined)[] = [];
  #isDeaf = false;
  /** The client's version: what happened up to there is not told, even when it lies in the future. */
  #from = 0;

  constructor(history: ObjectHistory, question: WatchQuestion, response: ServerResponse, clock: Clock) {
    this.kind = question.kind;
    this.#history = history;
    this.#question = question;
    this.#response = response;
    this.#clock = clock;
    this.#forget = history.onChange((change) => this.#tell(change));
    response.on('close', () => this.#stop());
  }

  /** @param from the client's version; '' and '0' mean everything there is, first. */
  start(from: string): void {
    this.#response.writeHead(200, { 'content-type': 'application/json' });
    this.#response.flushHeaders();
    this.#from = Number(from);
    if (from === '' || from === '0') {
      for (const object of this.#history.ofKind(this.kind))
        if (this.#question.fits(object)) this.#event('ADDED', object);
    } else if (Number(from) < this.#history.compactedAt) return this.expire();
    else for (const change of this.#history.since(Number(from))) this.#tell(change);
    const seconds = Number(this.#question.query.get('timeoutSeconds') ?? 0) || 1800;
    this.#timers[0] = this.#clock.after(seconds * 1000, () => this.end());
    this.#bookmarkLater();
  }

  /** Keeps the connection and says nothing any more, not even its end. */
  deafen(): void {
    this.#isDeaf = true;
    this.#stop();
  }

  get isDeaf(): boolean {
    return this.#isDeaf;
  }

  /** These bytes, as they are. */
  say(bytes: string): void {
    if (!this.#response.writableEnded) this.#response.write(bytes);
  }

  event(type: string, object: object): void {
    this.say(`${JSON.stringify({ type, object })}\n`);
  }

  expire(): void {
    const { revision, compactedAt } = this.#history;
    this.event('ERROR', statusBody(410, 'Expired', `too old resource version: ${revision} (${compactedAt})`));
    this.end();
  }

  bookmark(): void {
    const { kind, apiVersion } = this.#question;
    const metadata = { resourceVersion: String(this.#history.revision), creationTimestamp: null };
    this.event('BOOKMARK', { kind, apiVersion, metadata });
  }

  end(): void {
    this.#stop();
    this.#response.end();
  }

  cut(): void {
    this.#response.destroy();
  }

  #bookmarkLater(): void {
    if (this.#question.query.get('allowWatchBookmarks') !== 'true') return;
    this.#timers[1] = this.#clock.after(BOOKMARK_MS, () => {
      if (this.#history.revision >= this.#from) this.bookmark();
      this.#bookmarkLater();
    });
  }

  /** An object that no longer fits is gone for this watch; one that fits now is new. */
  #tell({ type, object, before, revision }: Change): void {
    if (object.kind !== this.kind || revision <= this.#from) return;
    const didFit = before !== undefined && this.#question.fits(before);
    const doesFit = type !== 'DELETED' && this.#question.fits(object);
    if (doesFit) this.#event(didFit ? 'MODIFIED' : 'ADDED', object);
    else if (didFit) {
      this.#event('DELETED', { ...before, metadata: { ...before.metadata, resourceVersion: String(revision) } });
    }
  }

  #event(type: string, object: Stored): void {
    if (!this.#isDeaf) this.event(type, object);
  }

  #stop(): void {
    this.#forget();
    for (const timer of this.#timers) timer?.cancel();
  }
}
