import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'vitest';
import type { Dice } from '../../src/base/dice.ts';
import { oneOf, seededDice } from '../unit/data/http1/head-corpus.ts';
import { shrunk } from './shrink.ts';

/**
 * How fuzzing works here: a maker throws dice for an input (a text; bytes as latin1), a judge throws an error where a
 * promise is broken. `corpus/<surface>.jsonl` keeps inputs as cases: they are judged in every run and lend their bytes
 * to new inputs. An input that fails is made short and written there, so it stays a case when it is mended.
 *
 * KOMAINU_FUZZ_SEED runs a failed test again with the seed it printed, KOMAINU_FUZZ_SCALE multiplies all counts.
 */
export const fuzzSeed = Number(process.env.KOMAINU_FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31));

const scale = Number(process.env.KOMAINU_FUZZ_SCALE ?? 1);

/** Inputs that are made per run; a million at least (`inputs.test.ts`). */
export const inputCounts = {
  requests: 300_000,
  answers: 240_000,
  paths: 160_000,
  'chunked-bodies': 120_000,
  'proxy-headers': 160_000,
  settings: 20_000,
  manifests: 20_000,
} as const;

export type Surface = keyof typeof inputCounts;

/** One line of a corpus file. */
interface Kept {
  readonly why: string;
  readonly input: string;
}

interface Fuzzing {
  /** A new input; `kept`: the inputs of the corpus, never none. */
  readonly make: (dice: Dice, kept: readonly string[]) => string;
  /** Throws where a promise is broken. True: the input is a good one, not refused. */
  readonly judge: (input: string, dice: Dice) => boolean;
  /** The share of good inputs below which the maker makes nothing but rubbish. */
  readonly leastGood: number;
}

/** Judges depend on dice (where to cut, what stands around), so a case is judged with several. */
const REPLAYS = 16;
const LIMIT_MS = 300_000;

/** Defines the tests of one surface. `promise` ends their names. */
export function fuzz(surface: Surface, promise: string, { make, judge, leastGood }: Fuzzing): void {
  const file = join(import.meta.dirname, 'corpus', `${surface}.jsonl`);
  const kept = readKept(file);
  const inputs = kept.map(({ input }) => input);
  const count = Math.ceil(inputCounts[surface] * scale);

  // A judge that takes no dice always says the same.
  const replays = judge.length < 2 ? 1 : REPLAYS;

  /** What is wrong with an input, whatever the dice say. */
  const fault = (input: string): unknown => {
    for (let seed = 0; seed < replays; seed++) {
      try {
        judge(input, seededDice(seed));
      } catch (cause) {
        return cause;
      }
    }
    return undefined;
  };

  test(`${kept.length} kept inputs of ${surface}: ${promise}`, { timeout: LIMIT_MS }, () => {
    for (const { why, input } of kept) {
      const cause = fault(input);
      if (cause !== undefined) throw new Error(`${why}: ${JSON.stringify(input)}`, { cause });
    }
  });

  test(`${count.toLocaleString('en')} new inputs of ${surface}: ${promise}`, { timeout: LIMIT_MS }, () => {
    const dice = seededDice(fuzzSeed);
    const startedMs = performance.now();
    let good = 0;
    for (let k = 0; k < count; k++) {
      const input = make(dice, inputs);
      try {
        if (judge(input, dice)) good++;
      } catch (cause) {
        const short = shrunk(input, (candidate) => fault(candidate) !== undefined);
        keep(file, { why: `KOMAINU_FUZZ_SEED=${fuzzSeed}: ${firstLine(cause)}`, input: short });
        throw new Error(
          `KOMAINU_FUZZ_SEED=${fuzzSeed}, input ${k}, kept in ${file} as ${JSON.stringify(short)}: ${JSON.stringify(input)}`,
          { cause },
        );
      }
    }
    const share = good / count;
    const took = Math.round(performance.now() - startedMs);
    console.log(
      `fuzz ${surface}: KOMAINU_FUZZ_SEED=${fuzzSeed}, ${count} inputs, ${(100 * share).toFixed(1)} % good, ${took} ms`,
    );
    if (share < leastGood) throw new Error(`KOMAINU_FUZZ_SEED=${fuzzSeed}: only ${good} of ${count} inputs were good`);
  });
}

function readKept(file: string): Kept[] {
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  if (lines.length === 0) throw new Error(`${file} keeps nothing`);
  return lines.map((line) => JSON.parse(line) as Kept);
}

function keep(file: string, one: Kept): void {
  const line = `${JSON.stringify(one)}\n`;
  if (existsSync(file)) appendFileSync(file, line);
}

const firstLine = (error: unknown): string => String(error).split('\n', 1)[0]!;

/** Mostly a fresh input of `valid`, sometimes a kept one. */
export const someBase = (dice: Dice, kept: readonly string[], valid: (dice: Dice) => string): string =>
  dice.below(8) === 0 ? oneOf(dice, kept) : valid(dice);
