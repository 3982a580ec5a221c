import { afterAll, beforeAll, expect, test } from 'vitest';
import { waitUntil } from '../support/wait-until.ts';
import { AnswerVisit } from './answer-visit.ts';
import type { AnswerCase, RequestCase } from './case.ts';
import { answerTables, requestTables } from './case-tables.ts';
import { RequestVisit } from './request-visit.ts';
import { ConformanceStage } from './stage.ts';

/** Connections at a time. */
const GROUP = 128;
const LIMIT_MS = 180_000;

let stage: ConformanceStage;
beforeAll(async () => {
  stage = await ConformanceStage.start();
});
afterAll(async () => {
  const { faults } = stage.backend;
  await stage[Symbol.asyncDispose]();
  expect(faults).toEqual([]);
});

interface Cut<T> {
  readonly one: T;
  /** The first byte of the second piece. */
  readonly at: number;
}

const requests = Object.values(requestTables).flat();
const answers = Object.values(answerTables).flat();
const isValid = (one: RequestCase) => one.refused === undefined && one.broken === undefined;

/** Every place, or every `step`th, beginning elsewhere in each case. */
const cutsOf = <T extends RequestCase | AnswerCase>(cases: readonly T[], step = 1): Cut<T>[] =>
  cases
    .filter(({ whole }) => !whole)
    .flatMap((one, n) => {
      const all = Array.from({ length: Math.max(0, one.says.length - 1) }, (_, k) => ({ one, at: k + 1 }));
      return all.filter((_, k) => (k + n) % step === 0);
    });

function* groupsOf<T>(list: readonly T[]): Generator<readonly T[]> {
  for (let k = 0; k < list.length; k += GROUP) yield list.slice(k, k + GROUP);
}

/** Says of a failure where it was. */
const at = async (where: string, judging: Promise<void>): Promise<void> => {
  await judging.catch((cause: Error) => {
    throw new Error(`${where}: ${cause.message}`, { cause });
  });
};

async function cutRequests(cuts: readonly Cut<RequestCase>[]): Promise<void> {
  for (const group of groupsOf(cuts)) {
    const visits = await Promise.all(group.map(({ one }) => RequestVisit.open(stage, one)));
    await Promise.all(group.map((cut, k) => visits[k]!.say(0, cut.at)));
    await stage.caughtUp();
    const judging = group.map(async (cut, k) => {
      await visits[k]!.say(cut.at, cut.one.says.length);
      await at(`${cut.one.intent}, cut at ${cut.at}`, visits[k]!.judge());
    });
    await Promise.all(judging);
  }
}

test('each valid request, cut at every byte, is what it is in one piece', { timeout: LIMIT_MS }, async () => {
  await cutRequests(cutsOf(requests.filter(isValid)));
});

test('each refused request, cut in two, is refused as in one piece', { timeout: LIMIT_MS }, async () => {
  const refused = requests.filter((one) => !isValid(one));
  await cutRequests(cutsOf(refused, 4));
});

test('each valid request may come byte by byte', { timeout: LIMIT_MS }, async () => {
  const cases = requests.filter((one) => isValid(one) && !one.whole);
  const longest = Math.max(...cases.map(({ says }) => says.length));
  const visits = await Promise.all(cases.map((one) => RequestVisit.open(stage, one)));
  for (let k = 0; k < longest; k++) {
    await Promise.all(visits.map((visit, n) => k < cases[n]!.says.length && visit.say(k, k + 1)));
    await stage.caughtUp();
  }
  await Promise.all(visits.map((visit, n) => at(cases[n]!.intent, visit.judge())));
});

test('each answer, cut at every byte, is what it is in one piece', { timeout: LIMIT_MS }, async () => {
  for (const group of groupsOf(cutsOf(answers))) {
    const visits = await Promise.all(group.map((cut) => AnswerVisit.open(stage, cut.one, cut.at)));
    await waitUntil('every request has come', () => visits.every(({ begun }) => begun));
    await stage.caughtUp();
    const judging = group.map(async (cut, k) => {
      visits[k]!.say(cut.at, cut.one.says.length);
      await at(`${cut.one.intent}, cut at ${cut.at}`, visits[k]!.judge());
    });
    await Promise.all(judging);
  }
});

test('each valid answer may come byte by byte', { timeout: LIMIT_MS }, async () => {
  const cases = answers.filter(({ gets, whole }) => gets !== undefined && !whole);
  const longest = Math.max(...cases.map(({ says }) => says.length));
  const visits = await Promise.all(cases.map((one) => AnswerVisit.open(stage, one, 0)));
  await waitUntil('every request has come', () => visits.every(({ begun }) => begun));
  for (let k = 0; k < longest; k++) {
    for (const [n, visit] of visits.entries()) if (k < cases[n]!.says.length) visit.say(k, k + 1);
    await stage.caughtUp();
  }
  await Promise.all(visits.map((visit, n) => at(cases[n]!.intent, visit.judge())));
});
