import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ask } from '../../../bench/ask.ts';
import { countsBetween, readCounts, startBackend } from '../../../bench/backend.ts';
import { Fleet } from '../../../bench/fleet.ts';
import { startHaproxy } from '../../../bench/haproxy-peer.ts';
import { startNginx } from '../../../bench/nginx-peer.ts';
import { findProgram } from '../../../bench/programs.ts';
import { routesOf } from '../../../bench/routes.ts';
import { bodyOf, type Scenario, scenarios } from '../../../bench/scenarios.ts';

const nginx = findProgram('nginx');
const haproxy = findProgram('haproxy');
const skips = (nginx === undefined || haproxy === undefined) && process.env.CI !== 'true';
const why = skips ? ' (skipped: nginx or haproxy is not installed)' : '';

/** A fleet and a folder, both gone afterwards. */
async function staged(run: (fleet: Fleet, folder: string) => Promise<void>): Promise<void> {
  const fleet = new Fleet();
  const folder = mkdtempSync(join(tmpdir(), 'komainu-bench-test-'));
  try {
    await run(fleet, folder);
  } finally {
    await fleet.endAll();
    rmSync(folder, { recursive: true, force: true });
  }
}

const named = (name: string) => scenarios.find((one) => one.name === name) as Scenario;

test.skipIf(skips)(`the backend refuses a host that came to the address of another one${why}`, () =>
  staged(async (fleet, folder) => {
    const backend = await startBackend(fleet, nginx as string, folder, named('routes'));
    const asked = (address: string, host: string) =>
      ask(new URL(`http://${address}:${backend.port}/`), { method: 'GET', host });
    const [first, second] = routesOf(2);
    expect(await asked(second!.address, second!.host)).toBe(bodyOf(1024));
    await expect(asked(first!.address, second!.host)).rejects.toThrow('is answered 421');
    await expect(asked('127.0.0.1', second!.host)).rejects.toThrow('is answered 421');
  }),
);

const peers = [
  { name: 'nginx', program: nginx, start: startNginx },
  { name: 'haproxy', program: haproxy, start: startHaproxy },
];

test.skipIf(skips).each(peers)(`$name takes each of 1,000 hosts to its own backend${why}`, ({ program, start }) =>
  staged(async (fleet, folder) => {
    const backend = await startBackend(fleet, nginx as string, join(folder, 'backend'), named('routes'));
    const routes = routesOf(1000);
    const plan = { program: program as string, version: '', workers: 1, backendPort: backend.port, routes };
    const { url } = await start(fleet, { ...plan, folder: join(folder, 'peer') });
    const before = await readCounts(backend);
    for (const { host } of routes) expect(await ask(new URL(url), { method: 'GET', host })).toBe(bodyOf(1024));
    expect(countsBetween(before, await readCounts(backend))).toMatchObject({ requests: 1000 });
  }),
);
