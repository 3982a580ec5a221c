import type { Clock, Timer } from '../../../base/clock.ts';
import type { Dice } from '../../../base/dice.ts';
import type { Log } from '../../../observe/log.ts';
import type { ApiAnswer, ClusterApi } from '../../cluster/api.ts';
import { objectPath, resources } from '../../cluster/resources.ts';
import { BackOff } from './back-off.ts';
import type { Raw } from './kept-fields.ts';
import type { ReflectorReport, ReflectorState } from './reflector-parts.ts';
import { type WatchedObject, watchedObject } from './watched-object.ts';

export interface SecretName {
  readonly namespace: string;
  readonly name: string;
}

export interface SecretReaderParts {
  readonly api: Pick<ClusterApi, 'call'>;
  readonly clock: Clock;
  readonly dice: Dice;
  readonly log: Log;
  /** Something new is known of it; undefined: there is none of this name. */
  readonly read: (name: SecretName, found: WatchedObject | undefined) => void;
  /** `report().state` or `.synced` is another one. */
  readonly stirred: () => void;
}

type Answer = 'unread' | 'there' | 'missing' | 'forbidden';

/** A Secret that is wanted, and what the API server last said of it. */
interface Wanted {
  readonly name: SecretName;
  answer: Answer;
  /** uid and resourceVersion of what is there. */
  version: string;
  /** Answers in a row that were neither it nor a clear no. */
  failures: number;
}

/** After this time what changed in one of them counts. */
const ROUND_MS = 10_000;
/** With very many a round takes longer instead. */
const LEAST_PAUSE_MS = 50;
/** Of those that nothing is known of. */
const TOGETHER = 8;
const CALL_MS = 10_000;
/** So often a Secret of which nothing is known is asked for at once; then it waits for its turn like the others. */
const MOST_FAILURES = 3;
/** These speak of the API server, not of one Secret. */
const awayStatuses: ReadonlySet<number> = new Set([401, 429, 502, 503, 504]);

/**
 * Reads Secrets by name, again and again, each in its turn. Not by watching: the verbs `list` and `watch` cannot be granted
 * for names that nobody knows yet, so whoever got hold of our token could read all Secrets of the cluster, and a watch by
 * name takes a connection each. With `get` alone a name must be known. The price: a change counts after ten seconds, or
 * after a round at twenty a second where more than 200 are wanted.
 */
export class SecretReader {
  readonly #parts: SecretReaderParts;
  readonly #backOff: BackOff;
  readonly #stop = new AbortController();
  /** By `namespace/name`; the next in the round is the first. */
  readonly #wanted = new Map<string, Wanted>();
  /** Nothing is known of them, and nobody asks just now. */
  readonly #fresh = new Set<string>();
  readonly #counts: Record<Answer, number> = { unread: 0, there: 0, missing: 0, forbidden: 0 };
  #asking = 0;
  #timer: Timer | undefined;
  /** After a failure nothing is asked for a while. */
  #held = false;
  /** The last answer was none. */
  #failing = false;
  #reads = 0;
  #errors = 0;
  #lastError: string | undefined;
  #lastHeardMs: number | undefined;
  #told = '';
  #logged: ReflectorState = 'watching';

  constructor(parts: SecretReaderParts) {
    this.#parts = parts;
    this.#backOff = new BackOff(parts.dice);
  }

  want(name: SecretName): void {
    const key = keyOfName(name);
    if (this.#wanted.has(key)) return;
    this.#wanted.set(key, { name, answer: 'unread', version: '', failures: 0 });
    this.#counts.unread++;
    this.#fresh.add(key);
    if (!this.#held) this.#wake();
    this.#tell();
  }

  forget(name: SecretName): void {
    const key = keyOfName(name);
    const wanted = this.#wanted.get(key);
    if (wanted === undefined) return;
    this.#counts[wanted.answer]--;
    this.#wanted.delete(key);
    this.#fresh.delete(key);
    this.#tell();
  }

  /** The API server has said that there is none of this name. */
  isMissing(name: SecretName): boolean {
    return this.#wanted.get(keyOfName(name))?.answer === 'missing';
  }

  /** Any are wanted. */
  get isUsed(): boolean {
    return this.#wanted.size > 0;
  }

  stop(): void {
    this.#stop.abort();
    this.#timer?.cancel();
  }

  report(): ReflectorReport {
    const heard = this.#lastHeardMs;
    return {
      state: this.#state(),
      synced: this.#counts.unread === 0,
      objects: this.#counts.there,
      lists: this.#reads,
      watches: 0,
      errors: this.#errors,
      relistChanges: 0,
      lastError: this.#lastError,
      lastHeardMs: heard === undefined ? Number.POSITIVE_INFINITY : this.#parts.clock.now() - heard,
    };
  }

  #state(): ReflectorState {
    if (this.#stop.signal.aborted) return 'stopped';
    if (this.#failing) return 'waiting';
    return this.#counts.forbidden > 0 ? 'forbidden' : 'watching';
  }

  #wake(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#held = false;
    this.#turn();
  }

  /** One that is known serves as a question whether the API server is back. */
  #tryAgain(): void {
    const [next] = this.#wanted.keys();
    if (this.#fresh.size === 0 && next !== undefined) this.#ask(next);
    this.#wake();
  }

  /** The fresh ones together and at once; then the others, one after the other. */
  #turn(): void {
    if (this.#timer !== undefined || this.#stop.signal.aborted) return;
    for (const key of this.#fresh) {
      if (this.#asking >= TOGETHER) return;
      this.#ask(key);
    }
    if (this.#asking > 0 || this.#wanted.size === 0) return;
    this.#timer = this.#parts.clock.after(Math.max(LEAST_PAUSE_MS, ROUND_MS / this.#wanted.size), () => {
      this.#timer = undefined;
      const [next] = this.#wanted.keys();
      if (next === undefined) return;
      this.#ask(next);
    });
  }

  #ask(key: string): void {
    const wanted = this.#wanted.get(key) as Wanted;
    this.#fresh.delete(key);
    this.#wanted.delete(key);
    this.#wanted.set(key, wanted); // its turn comes last now
    this.#asking++;
    void this.#read(wanted).then(() => {
      this.#asking--;
      this.#tell();
      this.#turn();
    });
  }

  async #read(wanted: Wanted): Promise<void> {
    const { namespace, name } = wanted.name;
    const path = objectPath(resources.secret, namespace, name);
    try {
      const answer = await this.#parts.api.call({
        ...{ method: 'GET', path, timeoutMs: CALL_MS, signal: this.#stop.signal },
      });
      if (this.#wanted.get(keyOfName(wanted.name)) === wanted) this.#take(wanted, answer);
    } catch (error) {
      if (!this.#stop.signal.aborted) this.#fail(wanted, (error as Error).message, undefined);
    }
  }

  #take(wanted: Wanted, { status, body, retryAfterMs }: ApiAnswer): void {
    const found = status === 200 ? secretIn(body, wanted.name) : undefined;
    if (found !== undefined) this.#heard(wanted, 'there', versionOf(found), found);
    else if (status === 404 && isStatus(body)) this.#heard(wanted, 'missing', '', undefined);
    else if (status === 403) this.#forbid(wanted);
    else {
      if (!awayStatuses.has(status)) wanted.failures++;
      this.#fail(wanted, `the API server answers ${status}`, retryAfterMs);
    }
  }

  #heard(wanted: Wanted, answer: 'there' | 'missing', version: string, found: Raw | undefined): void {
    this.#succeed();
    const known = wanted.answer;
    if (known === answer && wanted.version === version) return;
    this.#mark(wanted, answer, version);
    this.#parts.read(wanted.name, found && watchedObject(found, resources.secret, false));
    if (known === 'forbidden') this.#askForbiddenAgain();
  }

  /** What was known of it still counts. */
  #forbid(wanted: Wanted): void {
    this.#succeed();
    this.#errors++;
    this.#lastError = 'the API server answers 403';
    this.#mark(wanted, 'forbidden', '');
  }

  #mark(wanted: Wanted, answer: Answer, version: string): void {
    this.#counts[wanted.answer]--;
    this.#counts[answer]++;
    wanted.answer = answer;
    wanted.version = version;
    wanted.failures = 0;
  }

  #succeed(): void {
    this.#reads++;
    this.#lastHeardMs = this.#parts.clock.now();
    this.#lastError = undefined;
    this.#failing = false;
    this.#backOff.reset();
  }

  /** One of them may be read now, so the others perhaps too. */
  #askForbiddenAgain(): void {
    for (const [key, { answer }] of this.#wanted) if (answer === 'forbidden') this.#fresh.add(key);
  }

  #fail(wanted: Wanted, problem: string, retryAfterMs: number | undefined): void {
    this.#errors++;
    this.#failing = true;
    this.#lastError = problem;
    const key = keyOfName(wanted.name);
    const isUrgent = wanted.answer === 'unread' && wanted.failures < MOST_FAILURES;
    if (isUrgent && this.#wanted.has(key)) this.#fresh.add(key);
    if (this.#held) return;
    this.#held = true;
    this.#timer?.cancel();
    this.#timer = this.#parts.clock.after(this.#backOff.next(retryAfterMs), () => this.#tryAgain());
  }

  #tell(): void {
    const { state, synced } = this.report();
    const now = `${state} ${synced}`;
    if (now === this.#told) return;
    this.#told = now;
    this.#log(state);
    this.#parts.stirred();
  }

  /** Each trouble once, and its end. */
  #log(state: ReflectorState): void {
    if (state === this.#logged || !(state in tellings)) return;
    this.#logged = state;
    const error = this.#lastError;
    if (state === 'watching') this.#parts.log.info({ kind: 'Secret' }, tellings.watching);
    else this.#parts.log.warn({ kind: 'Secret', error }, tellings[state as keyof typeof tellings]);
  }
}

const tellings = {
  forbidden: 'the API server lets us not read all Secrets that are named, asking again and again',
  waiting: 'Secrets cannot be read, what is known stays',
  watching: 'Secrets are read again',
} as const;

const keyOfName = ({ namespace, name }: SecretName): string => `${namespace}/${name}`;

const isRaw = (value: unknown): value is Raw => typeof value === 'object' && value !== null;

/** Not what something between us and the API server says. */
const isStatus = (body: unknown): boolean => isRaw(body) && body.kind === 'Status';

function secretIn(body: unknown, { namespace, name }: SecretName): Raw | undefined {
  if (!isRaw(body) || !isRaw(body.metadata)) return undefined;
  const { metadata } = body;
  return metadata.name === name && metadata.namespace === namespace ? body : undefined;
}

function versionOf({ metadata }: Raw): string {
  const { uid, resourceVersion } = metadata as Raw;
  return `${String(uid)} ${String(resourceVersion)}`;
}
