// Loaded into the program with NODE_OPTIONS=--import: on SIGUSR2 every thread collects its garbage and gives back what it
// can, so that what stays resident is in use. Then it says what still could wake it: timers, sockets, servers. Changes
// nothing before.
import { writeSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { BroadcastChannel, isMainThread, threadId } from 'node:worker_threads';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');

const channel = new BroadcastChannel('collect garbage');
channel.unref();
channel.onmessage = collectAndTell;

function collectAndTell() {
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
  const resources = {};
  for (const name of process.getActiveResourcesInfo()) resources[name] = (resources[name] ?? 0) + 1;
  writeSync(2, `${JSON.stringify({ level: 'info', msg: 'garbage collected', thread: threadId, resources })}\n`);
}

if (isMainThread) {
  process.on('SIGUSR2', () => {
    channel.postMessage('now');
    collectAndTell();
  });
}
