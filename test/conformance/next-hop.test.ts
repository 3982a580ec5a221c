import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hopKinds, NextHop, programOf } from '../support/next-hop.ts';
import { RecordingBackend } from '../support/recording-backend.ts';
import { mutated, oneOf, seededDice, validRequest } from '../unit/data/http1/head-corpus.ts';
import { requestTables } from './case-tables.ts';
import { completed } from './completed.ts';
import { type Chain, compare } from './next-hop-visit.ts';
import { ConformanceStage } from './stage.ts';

/** `KOMAINU_FUZZ_SEED` runs a failed test again with the seed it printed. */
const seed = Number(process.env.KOMAINU_FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31));
const mutations = Number(process.env.KOMAINU_FUZZ_REQUESTS ?? 20_000);
const LIMIT_MS = 180_000;
const CONNECTIONS = 48;
const KEPT = 10;

const cases = Object.values(requestTables).flat();

for (const kind of hopKinds) {
  const program = programOf(kind);
  const isMissing = program === undefined && process.env.CI !== 'true';
  describe.skipIf(isMissing)(`${kind.name} as the next hop${isMissing ? ' is not installed: skipped' : ''}`, () => {
    let chain: Chain | undefined;
    beforeAll(async () => {
      if (program === undefined) throw new Error(`${kind.name} is not installed`);
      const backend = new RecordingBackend();
      const hop = await NextHop.start(kind, program, await backend.listen());
      chain = { hop, hopName: kind.name, stage: await ConformanceStage.start(backend, hop.port) };
    });
    afterAll(async () => {
      await chain?.stage[Symbol.asyncDispose]();
      await chain?.hop[Symbol.asyncDispose]();
    });

    /** All texts, many at a time. Fails with the first disagreements; returns how many requests agreed. */
    const compareAll = async (texts: Iterator<string>, hint: string): Promise<number> => {
      let agreed = 0;
      const found: string[] = [];
      const worker = async () => {
        for (let { value, done } = texts.next(); !done && found.length < KEPT; { value, done } = texts.next()) {
          const outcome = await compare(chain!, value);
          agreed += outcome.agreed;
          if (outcome.disagreement !== undefined) found.push(`${JSON.stringify(value)}\n${outcome.disagreement}`);
        }
      };
      await Promise.all(Array.from({ length: CONNECTIONS }, worker));
      const faults = [...found, ...chain!.hop.faults, ...chain!.stage.backend.faults];
      if (faults.length > 0) throw new Error([hint, ...faults].join('\n\n'));
      return agreed;
    };

    test('it reads each case as Komainu sent it on', { timeout: LIMIT_MS }, async () => {
      const agreed = await compareAll(cases.map(({ says }) => says).values(), kind.name);
      expect(agreed).toBeGreaterThan(cases.length / 3);
    });

    test(`it reads ${mutations} mutations as Komainu sent them on (KOMAINU_FUZZ_SEED=${seed})`, {
      timeout: LIMIT_MS,
    }, async () => {
      const dice = seededDice(seed);
      function* texts() {
        for (let k = 0; k < mutations; k++) {
          const text = mutated(dice, validRequest(dice), validRequest(dice));
          yield completed(text, dice, () => oneOf(dice, ['', ';a="b"']));
        }
      }
      const agreed = await compareAll(texts(), `KOMAINU_FUZZ_SEED=${seed}`);
      expect(agreed).toBeGreaterThan(mutations / 10);
    });
  });
}
