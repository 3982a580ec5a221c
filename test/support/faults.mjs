// Loaded into the program with NODE_OPTIONS=--import: gives its shards a fault on command, and changes nothing before.
//
// KOMAINU_FAULTS names a file. When it appears it holds { stage, kind, shard? }; the first shard that enters that stage
// afterwards takes it (by renaming the file, so that it happens once) and fails there.
import { readFileSync, renameSync } from 'node:fs';
import { isMainThread, threadId, workerData } from 'node:worker_threads';

const file = process.env.FAULTS_FILE;
const POLL_MS = 5;

if (!isMainThread && file !== undefined && workerData?.words !== undefined) {
  const { Shard } = await import(new URL(process.env.FAULTS_SHARD_MODULE, import.meta.url).href);
  let armed;
  setInterval(() => {
    armed = read();
  }, POLL_MS).unref();

  const enter = Shard.prototype.enter;
  Shard.prototype.enter = function (stage, subject) {
    enter.call(this, stage, subject);
    // One that leaves already is not replaced again: the fault is for a shard that serves.
    if (armed === undefined || armed.stage !== stage || this.draining || !claim()) return;
    const { kind } = armed;
    armed = undefined;
    fail(kind, stage);
  };
}

function read() {
  try {
    const wanted = JSON.parse(readFileSync(file, 'utf8'));
    return wanted.shard === undefined || wanted.shard === workerData.index ? wanted : undefined;
  } catch {
    return undefined;
  }
}

function claim() {
  try {
    renameSync(file, `${file}.taken-${threadId}`);
    return true;
  } catch {
    return false;
  }
}

function fail(kind, stage) {
  if (kind === 'throw') throw new Error(`fault in ${stage}`);
  if (kind === 'reject') return void Promise.reject(new Error(`rejection in ${stage}`));
  if (kind === 'exit') process.exit(7);
  if (kind === 'loop') for (;;);
  throw new Error(`no such fault: ${kind}`);
}
