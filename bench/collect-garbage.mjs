// Preloaded into a Komainu whose memory is measured: SIGUSR2 makes every thread of the process collect its garbage.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isMainThread } from 'node:worker_threads';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');
const channel = new BroadcastChannel('komainu-bench-collect-garbage');
channel.onmessage = () => collect();
channel.unref();

if (isMainThread) {
  process.on('SIGUSR2', () => {
    channel.postMessage('');
    collect();
  });
}
