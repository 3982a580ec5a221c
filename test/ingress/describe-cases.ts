import { afterAll, beforeAll, describe, test } from 'vitest';
import type { Case, Place } from './case.ts';
import { caseTables } from './case-tables.ts';
import { Visit } from './visit.ts';
import type { OpenWorld, World } from './world.ts';

interface NamedCase extends Case {
  readonly subject: string;
}

/** All cases that can be shown here, one after the other in one world for each set of flags. */
export function describeCases(place: Place, open: OpenWorld): void {
  const cases: NamedCase[] = Object.entries(caseTables).flatMap(([subject, table]) =>
    table.map((one) => ({ ...one, subject })),
  );
  const here = cases.filter((one) => one.places === undefined || one.places.includes(place));
  for (const [flags, group] of Map.groupBy(here, (one) => (one.flags ?? []).join(' '))) {
    describe(flags === '' ? 'usual flags' : flags, () => describeGroup(group, open));
  }
}

function describeGroup(cases: readonly NamedCase[], open: OpenWorld): void {
  let world: World;
  beforeAll(async () => {
    world = await open(cases[0].flags ?? []);
  });
  afterAll(async () => {
    await world[Symbol.asyncDispose]();
  });
  for (const [subject, group] of Map.groupBy(cases, (one) => one.subject)) {
    describe(subject, () => {
      for (const one of group) test(`${one.says} (${one.source})`, async () => await new Visit(world).judge(one));
    });
  }
}
