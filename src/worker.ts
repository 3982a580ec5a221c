import { parentPort, workerData } from 'node:worker_threads';
import { Shard } from './data/shard.ts';
import type { Listener } from './model/shard-settings.ts';
import { messageLog } from './table/message-log.ts';
import type { FromShard, ShardStart, ToShard } from './table/shard-messages.ts';

/** What runs in a shard that has thrown may finish within this time. */
const SETTLE_MS = 5000;
/** A shard that throws again and again while it settles is beyond help. */
const THROW_LIMIT = 20;

const start = workerData as ShardStart;
const port = parentPort as NonNullable<typeof parentPort>;
const say = (message: FromShard): void => port.postMessage(message);
const { settings, words, health, proxyName } = start;
const shard = new Shard(settings, new Float64Array(words), new Int32Array(health), messageLog(say), proxyName);
let thrown = 0;

process.on('uncaughtException', fail);
process.on('unhandledRejection', fail);

port.on('message', (message: ToShard) => {
  if (message.type === 'adopt') {
    shard.adopt(message.publication);
    say({ type: 'adopted', generation: message.publication.generation });
  } else if (message.type === 'listen') {
    void listen(message.listeners);
  } else {
    shard.drain(message.graceMs, () => {
      say({ type: 'drained' });
      process.exit(0);
    });
  }
});

shard.start();
say({ type: 'started' });

async function listen(listeners: readonly Listener[]): Promise<void> {
  try {
    say({ type: 'listening', ports: await shard.listen(listeners) });
  } catch (error) {
    const { code = 'unknown', listener = listeners[0] } = error as { code?: string; listener?: Listener };
    say({ type: 'listen-failed', listener: listener as Listener, code });
  }
}

/** The thread's edge: the connection on the stage is cut, the others finish, a new shard takes over at once. */
function fail(error: unknown): void {
  try {
    shard.cutSubject();
  } catch {
    // What threw is beyond an orderly end; it goes with the thread.
  }
  if (++thrown > THROW_LIMIT) process.exit(1);
  if (thrown > 1) return;
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  say({ type: 'failed', message, stack: stack ?? message });
  shard.drain(SETTLE_MS, () => process.exit(1));
}
