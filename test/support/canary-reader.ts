import { parentPort } from 'node:worker_threads';

/** A generation whose every checked word is its own number. */
export interface CanaryGeneration {
  readonly generation: number;
  readonly bytes: SharedArrayBuffer;
}

/** Generation adopted, and how often the bytes in use were seen to say something else. */
export interface CanaryReport {
  readonly adopted: number;
  readonly violations: number;
}

let current: { generation: number; words: Int32Array } | undefined;
let violations = 0;

/** First and last word of each page of 4 KiB. */
function holds(generation: number, words: Int32Array): boolean {
  for (let i = 0; i < words.length; i += 1024) {
    if (words[i] !== generation || words[Math.min(i + 1023, words.length - 1)] !== generation) return false;
  }
  return true;
}

/** As a shard adopts: the old bytes are in use until the swap, the acknowledgement comes after it. */
parentPort?.on('message', ({ generation, bytes }: CanaryGeneration) => {
  if (current !== undefined && !holds(current.generation, current.words)) violations++;
  current = { generation, words: new Int32Array(bytes) };
  if (!holds(generation, current.words)) violations++;
  parentPort?.postMessage({ adopted: generation, violations } satisfies CanaryReport);
});
