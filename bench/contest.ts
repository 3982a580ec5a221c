import { join } from 'node:path';
import { ask } from './ask.ts';
import { type Backend, forwardedHeaders, startBackend } from './backend.ts';
import type { Fleet } from './fleet.ts';
import { startHaproxy } from './haproxy-peer.ts';
import { type KomainuPlan, startKomainu } from './komainu.ts';
import { startNginx } from './nginx-peer.ts';
import type { Options } from './options.ts';
import type { Contestant } from './peer.ts';
import { type Route, routesOf } from './routes.ts';
import { bodyOf, type Scenario } from './scenarios.ts';

export interface InstalledProgram {
  readonly program: string;
  readonly version: string;
}

/** Komainu, as built in `root`. */
export interface EmittedProgram {
  readonly root: string;
  readonly version: string;
}

/** Where the programs are. */
export interface Programs {
  readonly wrk: string;
  /** Peer and backend. */
  readonly nginx: InstalledProgram;
  readonly haproxy: InstalledProgram | undefined;
  readonly komainu: EmittedProgram;
  /** Another revision, where one is to be compared. */
  readonly base: EmittedProgram | undefined;
}

/** In the order of the tables. */
export const proxyNames = ['nginx', 'haproxy', 'base', 'komainu'] as const;
export type ProxyName = (typeof proxyNames)[number];

export interface Contest {
  readonly backend: Backend;
  readonly contestants: readonly Contestant[];
}

export interface ContestPlan {
  readonly names: readonly ProxyName[];
  readonly scenario: Scenario;
  /** That the proxies are told; those of the scenario are asked for, and the others only stand there. */
  readonly routes: readonly Route[];
  /** Of Komainu, and workers of each peer. */
  readonly shards: number;
  /** For the configuration of all. */
  readonly folder: string;
  /** For CPU profiles; undefined: none are made. */
  readonly profileFolder: string | undefined;
  /** SIGUSR2 makes Komainu collect its garbage. */
  readonly collectable: boolean;
}

/** Starts the backend and those of the proxies that are installed, side by side; each must pass the bodies on. */
export async function startContest(fleet: Fleet, programs: Programs, plan: ContestPlan): Promise<Contest> {
  const { scenario, routes, shards, folder, profileFolder, collectable } = plan;
  const backend = await startBackend(fleet, programs.nginx.program, join(folder, 'backend'), scenario);
  const contestants: Contestant[] = [];
  for (const name of plan.names) {
    const contestant = await startProxy(fleet, programs, name, shards, {
      backendPort: backend.port,
      routes,
      collectable,
      folder: join(folder, name),
      profileFolder: profileFolder && join(profileFolder, name),
    });
    if (contestant !== undefined) contestants.push(contestant);
  }
  const expected = await answerTo(scenario, backend.url, undefined);
  for (const { name, url } of contestants) {
    for (const { host } of sampleOf(routesOf(scenario.hosts))) {
      if ((await answerTo(scenario, url, host)) !== expected) throw new Error(`${name} changes the backend's answer`);
    }
  }
  return { backend, contestants };
}

/** The proxies that the command line asks for. */
export function wantedNames({ parts, against }: Options): ProxyName[] {
  return proxyNames.filter((name) => (name === 'base' ? against !== undefined : parts.includes(name)));
}

/** Some of many: the check is not to take longer than the measurement. */
function sampleOf(routes: readonly Route[]): readonly Partial<Route>[] {
  return routes.length === 0 ? [{}] : routes.filter((_, index) => index % 97 === 0);
}

/** The body that answers one request of the scenario. Throws for another status than 200. */
function answerTo(scenario: Scenario, url: string, host: string | undefined): Promise<string> {
  const { method, path, bodyBytes } = scenario;
  return ask(new URL(path, url), { method, body: bodyOf(bodyBytes), ...(host !== undefined && { host }) });
}

async function startProxy(
  fleet: Fleet,
  programs: Programs,
  name: ProxyName,
  shards: number,
  place: Omit<KomainuPlan, 'version' | 'root' | 'shards'>,
): Promise<Contestant | undefined> {
  const installed = programs[name];
  if (installed === undefined) return undefined;
  if ('root' in installed) return startKomainu(fleet, name, { ...installed, ...place, shards });
  const start = name === 'nginx' ? startNginx : startHaproxy;
  return start(fleet, { ...installed, ...place, workers: shards });
}

/** Which of the forwarded headers the backend gets through a proxy. */
export async function forwardedBy(contestant: Contestant): Promise<string[]> {
  const text = await ask(new URL('forwarded', contestant.url), { method: 'GET' });
  const values = new Map(text.split('\n').map((line) => line.split('=', 2) as [string, string]));
  return forwardedHeaders.filter((name) => (values.get(name) ?? '') !== '');
}
