/**
 * A worker for supervisor tests: speaks `table/shard-messages.ts` like the real one, listens for real, and otherwise
 * does what a test says (`shard-script.ts`). The script comes in the environment, commands over a BroadcastChannel, and
 * what it does is told on the same channel.
 */
import { createServer, type Server } from 'node:net';
import { BroadcastChannel, parentPort, workerData } from 'node:worker_threads';
import type { Listener } from '../../src/model/shard-settings.ts';
import type { FromShard, Publication, ShardStart, ToShard } from '../../src/table/shard-messages.ts';
import { shardWord, stages } from '../../src/table/shard-words.ts';
import { type Command, gatherWord, type Script, scriptVariable, type Told } from './shard-script.ts';

const { index, words: wordBytes, health: healthBytes } = workerData as ShardStart;
const words = new Float64Array(wordBytes);
const given: { channel: string; script: Script } = JSON.parse(process.env[scriptVariable] as string);
const channel = new BroadcastChannel(given.channel);
// All incarnations share the health words; the last ones count how many there were.
const health = new Int32Array(healthBytes);
const incarnation = Atomics.add(health, health.length - 1 - index, 1);
const script = given.script[`${index}.${incarnation}`] ?? [];
const servers: Server[] = [];
let held: Publication | undefined;

const say = (message: FromShard): void => parentPort!.postMessage(message);
const tell = (told: Told['what']): void => channel.postMessage({ index, incarnation, what: told } satisfies Told);

function listenOn(listener: Listener): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      words[shardWord.connectionsTotal]++;
      socket.on('error', () => {});
      socket.end(`${index}.${incarnation}`);
    });
    servers.push(server);
    server.once('error', reject);
    server.listen({ host: listener.address, port: listener.port, reusePort: true, backlog: 4096 }, () =>
      resolve((server.address() as { port: number }).port),
    );
  });
}

async function listen(listeners: readonly Listener[]): Promise<void> {
  tell({ listen: listeners.map((listener) => listener.port) });
  if (script.includes('listen-failed')) {
    return say({ type: 'listen-failed', listener: listeners[0], code: 'EADDRINUSE' });
  }
  if (script.includes('listen-late')) await command('listen-now');
  const ports: number[] = [];
  for (const listener of listeners) ports.push(await listenOn(listener));
  say({ type: 'listening', ports });
}

function adopt(publication: Publication): void {
  tell({ adopt: publication.generation });
  if (script.includes('acknowledge-late')) held = publication;
  else acknowledge(publication);
}

function acknowledge(publication: Publication): void {
  words[shardWord.adopted] = publication.generation;
  say({ type: 'adopted', generation: publication.generation });
}

function drain(): void {
  for (const server of servers.splice(0)) server.close();
  tell('drain');
  if (script.includes('drain-never')) return;
  say({ type: 'drained' });
  setImmediate(() => process.exit(0));
}

const actions: Record<Command, () => void> = {
  throw: () => {
    throw new Error('scripted throw');
  },
  exit: () => process.exit(3),
  loop: () => {
    words[shardWord.stage] = stages.indexOf('upstream-bytes');
    tell('looping');
    for (;;);
  },
  /** Lets connections gather in the accept queue until the test says so, then leaves with them still in it. */
  gather: () => {
    tell('gathering');
    Atomics.wait(health, gatherWord, 0);
    actions.fail();
  },
  fail: () => {
    say({ type: 'failed', message: 'scripted failure', stack: 'at scripted' });
    for (const server of servers.splice(0)) server.close();
  },
  leave: () => process.exit(1),
  exhaust: () => {
    const kept: unknown[] = [];
    for (;;) kept.push(new Array(10_000).fill(kept.length));
  },
  acknowledge: () => {
    if (held !== undefined) acknowledge(held);
  },
  count: () => {
    words[shardWord.answers + 1] += 10;
    words[shardWord.connectionsOpen] = 7;
    tell('counted');
  },
  'listen-now': () => {},
  log: () => say({ type: 'log', level: 'info', fields: { scripted: true }, message: 'scripted line' }),
};

const command = (wanted: Command): Promise<void> =>
  new Promise((resolve) => {
    waiting.set(wanted, resolve);
  });
const waiting = new Map<Command, () => void>();

channel.onmessage = (event) => {
  const { to, command: name } = (event as { data: { to?: string; command?: Command } }).data;
  if (to !== `${index}.${incarnation}` || name === undefined) return;
  waiting.get(name)?.();
  actions[name]();
};

if (script.includes('throw-at-start')) throw new Error('scripted throw at start');
if (script.includes('exit-at-start')) process.exit(4);
parentPort!.on('message', (message: ToShard) => {
  if (message.type === 'adopt') adopt(message.publication);
  else if (message.type === 'listen') void listen(message.listeners);
  else drain();
});
setInterval(() => words[shardWord.heartbeat]++, 25);
say({ type: 'started' });
tell('started');
