import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { ProcessStat } from './process-stat.ts';
import { isAlive, readTree } from './processes.ts';

const KEPT_LINES = 40;
const END_TIMEOUT_MS = 5000;

/** A started program, until it ends. */
export class Running {
  readonly name: string;
  readonly pid: number;
  readonly stopSignal: NodeJS.Signals;
  /** Settles once it has ended and all that it wrote has been read, with a sentence that says how it ended. */
  readonly ended: Promise<string>;
  /** Settles when the process is gone; what it started may still hold its output open. */
  readonly exited: Promise<void>;
  isEnded = false;
  #lines: string[] = [];
  #listeners = new Set<(line: string) => void>();

  constructor(name: string, child: ChildProcess, stopSignal: NodeJS.Signals) {
    this.name = name;
    this.pid = child.pid ?? 0;
    this.stopSignal = stopSignal;
    this.ended = new Promise((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('close', (code, signal) => resolve(`ended with ${signal ?? code}`));
    });
    this.exited = new Promise((resolve) => {
      const end = () => {
        this.isEnded = true;
        resolve();
      };
      child.once('error', end);
      child.once('exit', end);
    });
    for (const stream of [child.stdout, child.stderr]) this.#read(stream as Readable);
  }

  /** The last lines it wrote. */
  get said(): string {
    return this.#lines.join('\n');
  }

  /** The first value that `find` makes of a line written from now on. */
  waitFor<T>(find: (line: string) => T | undefined, timeoutMs: number): Promise<T> {
    return new Promise((resolve, reject) => {
      const listener = (line: string) => {
        const found = find(line);
        if (found === undefined) return;
        done();
        resolve(found);
      };
      const fail = (why: string) => {
        done();
        reject(new Error(`${this.name} ${why}; it wrote:\n${this.said}`));
      };
      const timer = setTimeout(() => fail(`was not ready after ${timeoutMs} ms`), timeoutMs);
      const done = () => {
        clearTimeout(timer);
        this.#listeners.delete(listener);
      };
      this.#listeners.add(listener);
      void this.ended.then(fail);
    });
  }

  #read(stream: Readable): void {
    createInterface({ input: stream }).on('line', (line) => {
      this.#lines.push(line.slice(0, 4096));
      if (this.#lines.length > KEPT_LINES) this.#lines.shift();
      for (const listener of this.#listeners) listener(line);
    });
  }
}

/** Every program this run started, so that none is left behind. */
export class Fleet {
  #running: Running[] = [];
  #isEnding = false;

  start(name: string, command: readonly string[], stopSignal: NodeJS.Signals = 'SIGTERM'): Running {
    if (this.#isEnding) throw new Error(`${name} is not started: the run ends`);
    const child = spawn(command[0] as string, command.slice(1), { stdio: ['ignore', 'pipe', 'pipe'] });
    const running = new Running(name, child, stopSignal);
    this.#running.push(running);
    return running;
  }

  /** Ends what runs now; others may be started afterwards. */
  async endPresent(): Promise<void> {
    const present = this.#running;
    await Promise.all(present.map(endOne));
    this.#running = this.#running.filter((running) => !present.includes(running));
  }

  async endAll(): Promise<void> {
    this.#isEnding = true;
    await this.endPresent();
  }

  /** At once and without waiting: for the exit handler. */
  killAll(): void {
    for (const running of this.#running) {
      if (!running.isEnded && running.pid > 0) killTree(readTree(running.pid));
    }
  }
}

async function endOne(running: Running): Promise<void> {
  if (running.isEnded || running.pid === 0) return;
  const tree = readTree(running.pid);
  process.kill(running.pid, running.stopSignal);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, END_TIMEOUT_MS);
  });
  await Promise.race([running.exited, late]);
  clearTimeout(timer);
  killTree(tree);
}

/** Ends what is still alive of a tree; a number that meanwhile belongs to another process is left alone. */
function killTree(tree: readonly ProcessStat[]): void {
  for (const stat of tree.filter(isAlive)) {
    try {
      process.kill(stat.pid, 'SIGKILL');
    } catch {
      // it ended between the look and the signal
    }
  }
}
