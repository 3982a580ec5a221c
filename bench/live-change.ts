/**
 * How soon a new route is live: with 3,000 routes loaded, from the rename of its file to the first right answer of each
 * shard. 20 ms of it are the folder's quiet time. Runs the sources; `KOMAINU_TEST_BUILT=1` runs `dist`.
 *
 *   node bench/live-change.ts [rounds]
 */
import { LOADED_ROUTES, loadedManifests, measureLiveChange, watchLoaded } from '../test/support/live-change.ts';
import { http, startOrigin } from '../test/support/origin.ts';
import { startKomainu, testsBuilt } from '../test/support/start-komainu.ts';

const rounds = Number(process.argv[2] ?? 50);

const origin = await startOrigin(
  http((request, reply) => reply.send(200, `${request.header('Host')} ${request.target}`)),
);
const komainu = await startKomainu({ manifests: loadedManifests(origin.port) });
const watch = await watchLoaded(komainu);
const first: number[] = [];
const last: number[] = [];
for (let round = 0; round < rounds; round++) {
  const times = await measureLiveChange(komainu, origin, round);
  first.push(Math.min(...times));
  last.push(Math.max(...times));
}
const { asked, wrong } = await watch.stop();
const shards = (await komainu.shards()).length;
await komainu[Symbol.asyncDispose]();
await origin.close();

console.log(
  `${LOADED_ROUTES} routes, ${shards} shards, ${testsBuilt ? 'dist' : 'sources'}, ${rounds} new routes, one after the other`,
);
console.log(`live on the first shard: ${spread(first)}`);
console.log(`live on every shard:     ${spread(last)}`);
console.log(`other routes asked meanwhile: ${asked}, wrong answers: ${wrong.length}`);
if (wrong.length > 0) process.exitCode = 1;

function spread(values: readonly number[]): string {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): string =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))].toFixed(1);
  return `median ${at(0.5)} ms, p90 ${at(0.9)} ms, longest ${at(1)} ms`;
}
