import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';

/** A script of this folder in a process of its own. It says one thing when it is ready and ends when its parent lets go. */
export class Forked<Ready> {
  readonly ready: Ready;
  readonly #child: ChildProcess;

  constructor(child: ChildProcess, ready: Ready) {
    this.#child = child;
    this.ready = ready;
  }

  /** Sends one message and resolves with the next one that comes. */
  async ask<Answer>(question: unknown): Promise<Answer> {
    const answer = nextMessage<Answer>(this.#child);
    this.#child.send(question as object);
    return await answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.disconnect();
    await ended;
  }
}

/** `script`: a file name of `test/support`. */
export async function startForked<Ready>(script: string, args: readonly string[] = []): Promise<Forked<Ready>> {
  const env = { ...process.env };
  delete env.NODE_OPTIONS;
  const child = fork(join(import.meta.dirname, script), args, {
    env,
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  return new Forked(child, await nextMessage<Ready>(child));
}

function nextMessage<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null): void => reject(new Error(`${child.spawnargs[1]} ended with ${code}`));
    child.once('exit', ended);
    child.once('message', (message) => {
      child.off('exit', ended);
      resolve(message as T);
    });
  });
}
