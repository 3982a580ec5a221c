import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Fleet, Running } from './fleet.ts';
import type { Contestant, ProxyPlan } from './peer.ts';
import { commandsOf, readTree } from './processes.ts';
import { untilAnswers } from './ready.ts';

const START_TIMEOUT_MS = 20_000;

export interface KomainuPlan extends ProxyPlan {
  /** The project's folder: bin/komainu.mjs and dist/ stand in it. */
  readonly root: string;
  readonly shards: number;
  /** Gets a CPU profile of each thread when the program ends; made when missing. */
  readonly profileFolder: string | undefined;
  /** SIGUSR2 makes all threads of each of its processes collect their garbage. */
  readonly collectable: boolean;
}

/** Throws when the program serves from the sources: the figures are those of emitted code. */
export async function startKomainu(fleet: Fleet, name: string, plan: KomainuPlan): Promise<Contestant> {
  mkdirSync(plan.folder, { recursive: true });
  writeFileSync(join(plan.folder, 'bench.yaml'), manifests(plan));
  const running = fleet.start(name, commandOf(plan), 'SIGINT');
  const port = await running.waitFor(parseServingPort, START_TIMEOUT_MS);
  const url = `http://127.0.0.1:${port}/`;
  await untilAnswers(running, url);
  if (!runsEmitted(running, plan.root)) throw new Error(`${name} runs from its sources: npm run build`);
  return { name, version: plan.version, running, url };
}

function runsEmitted(running: Running, root: string): boolean {
  return commandsOf(readTree(running.pid)).some((command) => command.includes(join(root, 'dist/')));
}

/** With profiles the launcher is left out: it would be profiled too. */
function commandOf({ root, folder, shards, profileFolder, collectable }: KomainuPlan): string[] {
  const flags = { manifests: folder, 'http-port': 0, 'admin-port': 0, shards };
  const words = ['serve', ...Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)])];
  const preload = pathToFileURL(join(import.meta.dirname, 'collect-garbage.mjs')).href;
  const environment = collectable ? ['/usr/bin/env', `NODE_OPTIONS=--import=${preload}`] : [];
  if (profileFolder === undefined) return [...environment, process.execPath, join(root, 'bin/komainu.mjs'), ...words];
  const profiling = ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`];
  return [process.execPath, ...profiling, join(root, 'dist/cli/main.js'), ...words];
}

/** The port of the first listener from the log line that says 'serving'; undefined for any other line. */
export function parseServingPort(line: string): number | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const event = JSON.parse(line);
    return event.msg === 'serving' ? event.listeners[0].port : undefined;
  } catch {
    return undefined; // not a log line
  }
}

/** An Ingress and a Service for any host, and for each of the routes. */
function manifests({ routes, backendPort }: KomainuPlan): string {
  const each = routes.map(({ host, address }) => manifest(host, `host: ${host}`, `${address}:${backendPort}`));
  return [manifest('bench', '', `127.0.0.1:${backendPort}`), ...each].join('---\n');
}

/** `host`: a YAML line or nothing. */
function manifest(name: string, host: string, endpoint: string): string {
  return `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: ${name}
spec:
  rules:
    - ${host}
      http:
        paths:
          - path: /
            pathType: Prefix
            backend: { service: { name: ${name.replaceAll('.', '-')}, port: { number: 80 } } }
---
apiVersion: v1
kind: Service
metadata:
  name: ${name.replaceAll('.', '-')}
  annotations:
    komainu.dev/endpoints: "${endpoint}"
spec:
  ports:
    - port: 80
`;
}
