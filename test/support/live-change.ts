import { renameSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { documents, ingress, service } from './manifests.ts';
import type { Origin } from './origin.ts';
import { RawClient } from './raw-client.ts';
import type { Komainu } from './start-komainu.ts';

export const LOADED_ROUTES = 3_000;
const ROUTES_PER_FILE = 100;

const loadedHost = (i: number): string => `loaded-${i}.test`;

/** 3,000 routes in 30 files; all of them go to one origin. */
export function loadedManifests(port: number): Record<string, string> {
  const files: Record<string, string> = { 'service.yaml': documents(service('loaded', [port])) };
  for (let first = 0; first < LOADED_ROUTES; first += ROUTES_PER_FILE) {
    const objects = Array.from({ length: ROUTES_PER_FILE }, (_, k) =>
      ingress(`loaded-${first + k}`, [{ host: loadedHost(first + k), service: 'loaded' }]),
    );
    files[`loaded-${first}.yaml`] = documents(...objects);
  }
  return files;
}

/** Which shard a fresh connection is on: the one whose count of open connections grows by it. */
async function shardOf(komainu: Komainu, before: readonly number[]): Promise<number> {
  const after = (await komainu.shards()).map(({ connectionsOpen }) => connectionsOpen);
  return after.findIndex((count, index) => count > before[index]);
}

const openCounts = async (komainu: Komainu): Promise<readonly number[]> =>
  (await komainu.shards()).map(({ connectionsOpen }) => connectionsOpen);

/** Opens fresh connections until each shard has this many; the answer names which are on which. */
export async function connectionsByShard(komainu: Komainu, each: number): Promise<readonly RawClient[][]> {
  const found: RawClient[][] = (await komainu.shards()).map(() => []);
  while (found.some((clients) => clients.length < each)) {
    const before = await openCounts(komainu);
    const client = await RawClient.connect(komainu.port());
    const shard = await komainu.until('the connection is counted', async () => {
      const index = await shardOf(komainu, before);
      return index >= 0 && { index };
    });
    if (found[shard.index].length < each) found[shard.index].push(client);
    else await leave(komainu, [client]);
  }
  return found;
}

/** Closes connections and waits until they are no longer counted, so that the next count is not blurred by them. */
async function leave(komainu: Komainu, clients: readonly RawClient[]): Promise<void> {
  const left = sum(await openCounts(komainu)) - clients.length;
  for (const client of clients) client[Symbol.dispose]();
  await komainu.until('the connections are gone', async () => sum(await openCounts(komainu)) <= left);
}

const sum = (counts: readonly number[]): number => counts.reduce((all, count) => all + count, 0);

/**
 * Adds one route and asks each shard for it, on connections that carried nothing before, until each has answered.
 * Returns milliseconds from the rename of the file to the first right answer, by shard.
 */
export async function measureLiveChange(komainu: Komainu, origin: Origin, round: number): Promise<readonly number[]> {
  const clients = (await connectionsByShard(komainu, 1)).flat();
  const host = `new-${round}.test`;
  const text = documents(
    ingress(`new-${round}`, [{ host, service: `new-${round}` }]),
    service(`new-${round}`, [origin.port]),
  );
  const renamed = await renameIntoPlace(komainu, `new-${round}.yaml`, text);
  const times = await Promise.all(clients.map((client) => untilAnswered(client, host, renamed)));
  await leave(komainu, clients);
  return times;
}

/** Written elsewhere first, so that nothing stirs in the folder before the rename; returns the moment of the rename. */
async function renameIntoPlace(komainu: Komainu, name: string, text: string): Promise<number> {
  const elsewhere = `${komainu.folder}-${name}`;
  await writeFile(elsewhere, text);
  const moment = performance.now();
  renameSync(elsewhere, join(komainu.folder, name));
  return moment;
}

async function untilAnswered(client: RawClient, host: string, since: number): Promise<number> {
  const deadline = performance.now() + 15_000;
  for (;;) {
    const { status } = await client.ask(['GET / HTTP/1.1', `Host: ${host}`]);
    if (status === 200) return performance.now() - since;
    if (status !== 404) throw new Error(`${host} answers ${status}`);
    if (performance.now() > deadline) throw new Error(`${host} is not live after 15 s`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

export interface Watched {
  readonly asked: number;
  /** Every answer that was not right. */
  readonly wrong: readonly string[];
}

/** Asks loaded routes one after the other on one connection until it is stopped. */
export async function watchLoaded(komainu: Komainu): Promise<{ stop(): Promise<Watched> }> {
  const client = await RawClient.connect(komainu.port());
  const wrong: string[] = [];
  const stop = new AbortController();
  let asked = 0;
  const askNext = async (): Promise<void> => {
    const host = loadedHost((asked * 7) % LOADED_ROUTES);
    const { status, text } = await client.ask([`GET /${asked} HTTP/1.1`, `Host: ${host}`]);
    if (status !== 200 || text !== `${host} /${asked}`) wrong.push(`${host}: ${status} ${text}`);
    asked++;
    await new Promise((resolve) => setTimeout(resolve, 1));
  };
  const asking = (async () => {
    while (!stop.signal.aborted) await askNext();
  })();
  await komainu.until('the first is asked', () => asked > 0);
  return {
    async stop() {
      stop.abort();
      await asking;
      client[Symbol.dispose]();
      return { asked, wrong };
    },
  };
}
