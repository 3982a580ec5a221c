import { oneLine } from '../model/quoted.ts';
import type { SettingKey, SettingValue } from './setting-table.ts';

/** Where a value was written, in the words its author used. */
export type ValueOrigin =
  | { readonly from: 'flag' | 'environment'; readonly name: string }
  | { readonly from: 'file'; readonly file: string; readonly line: number; readonly name: string };

export type SettingsProblem = ValueOrigin & {
  /** Goes on from the name: `must be …, not …`. */
  readonly message: string;
};

/** A checked value and where it was written; `at` finds the line of a part (`at(1, 'port')` of a list). */
export interface Given<T> {
  readonly value: T;
  readonly at: (...path: readonly PropertyKey[]) => ValueOrigin;
}

export type GivenSettings = { readonly [K in SettingKey]?: Given<SettingValue<K>> };

/** What one source says. */
export interface SourceReading {
  readonly given: GivenSettings;
  readonly problems: readonly SettingsProblem[];
}

/** `--shards`, `KOMAINU_SHARDS`, `komainu.yaml:3: listeners[0].port`; the file's own name where there is no key. */
export function originText(origin: ValueOrigin): string {
  if (origin.from !== 'file') return origin.name;
  const place = origin.line > 0 ? `${origin.file}:${origin.line}` : origin.file;
  return origin.name === '' ? place : `${place}: ${origin.name}`;
}

/** One line, whatever stands in a hostile file. */
export const problemText = (problem: SettingsProblem): string => oneLine(`${originText(problem)}: ${problem.message}`);
