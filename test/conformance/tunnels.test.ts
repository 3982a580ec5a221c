import { afterAll, beforeAll, expect, test } from 'vitest';
import { waitUntil } from '../support/wait-until.ts';
import { type TunnelCase, tunnelCases } from './cases/tunnels.ts';
import { ConformanceStage } from './stage.ts';
import { TunnelVisit } from './tunnel-visit.ts';

let stage: ConformanceStage;
beforeAll(async () => {
  stage = await ConformanceStage.start();
});
afterAll(async () => {
  const { faults } = stage.backend;
  await stage[Symbol.asyncDispose]();
  expect(faults).toEqual([]);
});

/** As many clients as there are cuts; each one's answer is cut at another place. */
async function visitAll(one: TunnelCase, cuts: readonly number[]): Promise<void> {
  const visits = await Promise.all(cuts.map(() => TunnelVisit.open(stage, one)));
  await waitUntil('every request has come', () => visits.every(({ asked }) => asked));
  await stage.caughtUp();
  for (const visit of visits) visit.judgeEarly();
  for (const [k, visit] of visits.entries()) visit.say(0, cuts[k]!);
  await stage.caughtUp();
  const end = one.says.length + one.behind.length;
  for (const [k, visit] of visits.entries()) if (cuts[k]! < end) visit.say(cuts[k]!, end);
  await Promise.all(visits.map((visit) => visit.judge()));
}

test.each(tunnelCases)('$intent becomes a tunnel ($rfc)', async (one) => {
  await visitAll(one, [one.says.length + one.behind.length]);
});

test.each(tunnelCases)('$intent becomes a tunnel wherever the head of the answer is cut ($rfc)', async (one) => {
  await visitAll(
    one,
    Array.from({ length: one.says.length }, (_, k) => k + 1),
  );
});
