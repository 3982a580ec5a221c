import type { ReflectorReport, ReflectorState } from './reflector-parts.ts';

/** What a source says of itself to readiness, metrics and /api. */
export interface SourceFacts {
  /** Address of the API server. */
  readonly server: string;
  /** All of it was read, or taken from the state file. */
  readonly ready: boolean;
  /** While the state file is served: when it was written, in milliseconds since 1970. */
  readonly fileWrittenAtMs: number | undefined;
  /** How long ago what is served was surely what the cluster says; 0 while every required kind is followed. */
  readonly staleMs: number;
  readonly kinds: readonly KindFacts[];
  /** undefined where none is kept. */
  readonly stateFile: StateFileFacts | undefined;
}

export interface KindFacts {
  readonly kind: string;
  /** Without it the process is not ready. */
  readonly required: boolean;
  /** The worst one of its collections, of which there is one in each namespace that is read. */
  readonly state: ReflectorState;
  /** All of them were listed. */
  readonly synced: boolean;
  readonly objects: number;
  readonly lists: number;
  readonly watches: number;
  readonly errors: number;
  readonly relistChanges: number;
  readonly lastError: string | undefined;
  /** The longest of its collections; Infinity before the first word. */
  readonly lastHeardMs: number;
}

export interface StateFileFacts {
  readonly writes: number;
  readonly errors: number;
  readonly bytes: number;
}

export interface CollectionReport {
  readonly kind: string;
  readonly required: boolean;
  readonly report: ReflectorReport;
}

/** The worst first. */
const states: readonly ReflectorState[] = [
  'forbidden',
  'absent',
  'waiting',
  'doubting',
  'listing',
  'stopped',
  'watching',
];

const worse = (a: ReflectorState, b: ReflectorState): ReflectorState => (states.indexOf(a) < states.indexOf(b) ? a : b);

/** One line a kind, in the order of their coming. */
export function kindFacts(collections: Iterable<CollectionReport>): readonly KindFacts[] {
  const kinds = new Map<string, KindFacts>();
  for (const { kind, required, report } of collections) {
    const { state, synced, lastError, lastHeardMs, objects, lists, watches, errors, relistChanges } = report;
    const known = kinds.get(kind);
    kinds.set(kind, {
      kind,
      required,
      state: worse(state, known?.state ?? 'watching'),
      synced: synced && (known?.synced ?? true),
      objects: objects + (known?.objects ?? 0),
      lists: lists + (known?.lists ?? 0),
      watches: watches + (known?.watches ?? 0),
      errors: errors + (known?.errors ?? 0),
      relistChanges: relistChanges + (known?.relistChanges ?? 0),
      lastError: lastError ?? known?.lastError,
      lastHeardMs: Math.max(lastHeardMs, known?.lastHeardMs ?? 0),
    });
  }
  return [...kinds.values()];
}

/** It is not sure that what is served of it is what the cluster says. */
export const isBehind = ({ required, state, synced }: KindFacts): boolean =>
  required && (!synced || (state !== 'watching' && state !== 'listing'));
