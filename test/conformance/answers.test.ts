import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AnswerVisit } from './answer-visit.ts';
import { answerTables } from './case-tables.ts';
import { ConformanceStage } from './stage.ts';

let stage: ConformanceStage;
beforeAll(async () => {
  stage = await ConformanceStage.start();
});
afterAll(async () => {
  const { faults } = stage.backend;
  await stage[Symbol.asyncDispose]();
  expect(faults).toEqual([]);
});

for (const [subject, cases] of Object.entries(answerTables)) {
  describe(subject, () => {
    const titled = cases.map((one) => ({
      ...one,
      title: `${one.intent} ${one.gets === undefined ? 'is 502' : one.gets.cut ? 'is cut' : 'passes'}`,
    }));
    test.each(titled)('$title ($rfc)', async ({ title: _, ...one }) => {
      const visit = await AnswerVisit.open(stage, one);
      await visit.judge();
      expect(stage.backend.faults.splice(0)).toEqual([]);
    });
  });
}
