import { join } from 'node:path';
import { type Contest, forwardedBy, type Programs, startContest, wantedNames } from './contest.ts';
import type { Job } from './job.ts';
import type { Load } from './load.ts';
import { readProfiles } from './profile.ts';
import type { ScenarioResult } from './result.ts';
import { measureAll } from './rounds.ts';
import { routesOf } from './routes.ts';
import { type Scenario, scenarios } from './scenarios.ts';
import { referenceOf, summarise } from './summary.ts';

/** Measures the wanted proxies in the wanted scenarios, one scenario after the other. */
export async function compete(job: Job, programs: Programs): Promise<ScenarioResult[]> {
  const results: ScenarioResult[] = [];
  if (wantedNames(job.options).length === 0) return results;
  for (const scenario of scenarios.filter(({ name }) => job.options.scenarios.includes(name))) {
    results.push(await measureScenario(job, programs, scenario));
    await job.fleet.endPresent(); // now the profiles are written
    if (job.options.profile) for (const text of readProfiles(profilesOf(job, scenario))) job.tell(`\n${text}`);
  }
  return results;
}

async function measureScenario(job: Job, programs: Programs, scenario: Scenario): Promise<ScenarioResult> {
  const { options, signal, tell } = job;
  const folder = join(job.folder, scenario.name);
  const profileFolder = options.profile ? profilesOf(job, scenario) : undefined;
  const names = wantedNames(options);
  const routes = routesOf(scenario.hosts);
  const plan = { names, scenario, routes, shards: options.shards, folder, profileFolder, collectable: false };
  const contest = await startContest(job.fleet, programs, plan);
  const forwarded = await forwardedByEach(contest);
  const load: Load = { program: programs.wrk, connections: options.connections, scenario, folder, signal };
  const measured = await measureAll(contest, load, options, (line) => tell(`${scenario.title}, ${line}`));
  const reference = referenceOf(measured);
  const proxies = measured.map((one) => ({ ...one, summary: summarise(one, reference) }));
  return { scenario, forwarded, proxies };
}

function profilesOf({ results, time }: Job, scenario: Scenario): string {
  return join(results, `${time}-profiles`, scenario.name);
}

async function forwardedByEach(contest: Contest): Promise<Record<string, string[]>> {
  const forwarded: Record<string, string[]> = {};
  for (const contestant of contest.contestants) forwarded[contestant.name] = await forwardedBy(contestant);
  return forwarded;
}
