import type { Stored } from './raw.ts';

/** What kind of request it is. */
export type Verb = 'list' | 'watch' | 'get' | 'create' | 'update' | 'patch' | 'delete';

/** One way to misbehave, for one request. */
export type Misdeed =
  | { readonly do: 'answer'; readonly status: number; readonly retryAfterSeconds?: number; readonly body?: unknown }
  /** Takes the request and says nothing. */
  | { readonly do: 'hang' }
  /** Ends the connection, after so many bytes of the body where said. */
  | { readonly do: 'cut'; readonly afterBytes?: number }
  /** Bytes instead of an answer's body. */
  | { readonly do: 'say'; readonly bytes: string }
  /** A list of other objects than there are. */
  | { readonly do: 'lie'; readonly objects: (truth: readonly Stored[]) => readonly Stored[] }
  /** Leaves one page out: the first page's `continue` leads behind the second. */
  | { readonly do: 'skip-page' }
  /** The body goes out in pieces of so many bytes, one each so many milliseconds of the fake's clock. */
  | { readonly do: 'drip'; readonly bytes: number; readonly everyMs: number };

export interface Fault {
  readonly on: Verb | 'any';
  /** Of which kind; of all where nothing is said. */
  readonly kind?: string;
  /** How often; for ever where nothing is said. */
  readonly times?: number;
  readonly misdeed: Misdeed;
}

export class Faults {
  readonly #faults: { readonly fault: Fault; left: number }[] = [];
  /** Requests that met a fault. */
  met = 0;

  add(fault: Fault): void {
    this.#faults.push({ fault, left: fault.times ?? Number.POSITIVE_INFINITY });
  }

  clear(): void {
    this.#faults.length = 0;
  }

  /** The first that fits counts. */
  take(verb: Verb, kind: string): Misdeed | undefined {
    const found = this.#faults.find(
      ({ fault, left }) => left > 0 && (fault.on === 'any' || fault.on === verb) && (fault.kind ?? kind) === kind,
    );
    if (found === undefined) return undefined;
    found.left--;
    this.met++;
    return found.fault.misdeed;
  }
}
