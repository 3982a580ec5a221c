import { join } from 'node:path';
import { type Backend, forwardedHeaders, startBackend } from './backend.ts';
import type { Fleet } from './fleet.ts';
import { startKomainu } from './komainu.ts';
import { type Options, type ProxyName, proxyNames } from './options.ts';
import { type Contestant, startHaproxy, startNginx } from './peers.ts';
import { bodyOf, type Scenario } from './scenarios.ts';

export interface InstalledProgram {
  readonly program: string;
  readonly version: string;
}

/** Where the programs are. */
export interface Programs {
  /** Peer and backend. */
  readonly nginx: InstalledProgram;
  readonly haproxy: InstalledProgram | undefined;
  readonly komainu: { readonly root: string; readonly version: string };
}

export interface Contest {
  readonly backend: Backend;
  readonly contestants: readonly Contestant[];
}

/** Starts the backend and those of the wanted proxies that are installed, side by side; each must pass the bodies on. */
export async function startContest(
  fleet: Fleet,
  programs: Programs,
  options: Options,
  scenario: Scenario,
  folder: string,
): Promise<Contest> {
  const backend = await startBackend(fleet, programs.nginx.program, join(folder, 'backend'), scenario);
  const contestants: Contestant[] = [];
  for (const name of proxyNames.filter((one) => options.parts.includes(one))) {
    const place = { backendPort: backend.port, folder: join(folder, name) };
    const contestant = await startProxy(fleet, programs, name, options.shards, place);
    if (contestant !== undefined) contestants.push(contestant);
  }
  const expected = await answerTo(scenario, backend.url);
  for (const { name, url } of contestants) {
    if ((await answerTo(scenario, url)) !== expected) throw new Error(`${name} does not give the backend's answer`);
  }
  return { backend, contestants };
}

/** The body that answers one request of the scenario. Throws for another status than 200. */
async function answerTo(scenario: Scenario, url: string): Promise<string> {
  const { method, path, bodyBytes } = scenario;
  const body = bodyBytes === 0 ? null : bodyOf(bodyBytes);
  const answer = await fetch(new URL(path, url), { method, body });
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(`${method} ${answer.url} is answered ${answer.status}: ${text}`);
  return text;
}

async function startProxy(
  fleet: Fleet,
  programs: Programs,
  name: ProxyName,
  shards: number,
  place: { readonly backendPort: number; readonly folder: string },
): Promise<Contestant | undefined> {
  if (name === 'komainu') return startKomainu(fleet, { ...programs.komainu, ...place, shards });
  const installed = programs[name];
  if (installed === undefined) return undefined;
  const start = name === 'nginx' ? startNginx : startHaproxy;
  return start(fleet, { ...installed, ...place, workers: shards });
}

/** Which of the forwarded headers the backend gets through a proxy. */
export async function forwardedBy(contestant: Contestant): Promise<string[]> {
  const answer = await fetch(new URL('forwarded', contestant.url));
  const text = await answer.text();
  const values = new Map(text.split('\n').map((line) => line.split('=', 2) as [string, string]));
  return forwardedHeaders.filter((name) => (values.get(name) ?? '') !== '');
}
