import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { requestTables } from './case-tables.ts';
import { RequestVisit } from './request-visit.ts';
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

const titleOf = (one: { intent: string; refused?: number; broken?: number }) => {
  const status = one.refused ?? one.broken;
  return status === undefined ? `${one.intent} passes` : `${one.intent}: ${status}`;
};

for (const [subject, cases] of Object.entries(requestTables)) {
  describe(subject, () => {
    test.each(cases.map((one) => ({ ...one, title: titleOf(one) })))('$title ($rfc)', async ({ title: _, ...one }) => {
      const visit = await RequestVisit.open(stage, one);
      await visit.say(0, one.says.length);
      await visit.judge();
      expect(stage.backend.faults.splice(0)).toEqual([]);
    });
  });
}
