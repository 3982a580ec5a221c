import { type ChildProcess, spawn } from 'node:child_process';
import { basename } from 'node:path';

const KEPT_BYTES = 20_000;
const STOP_LIMIT_MS = 20_000;

/** A server in a process of its own that can be ended in every way. */
export class ServerProcess {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  #said = '';

  /** `program`: path; in `env`, what is added to this process's own. */
  constructor(program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.name = basename(program);
    this.#child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
      stream.on('data', (bytes) => {
        this.#said = (this.#said + bytes).slice(-KEPT_BYTES);
      });
    }
    this.#ended = new Promise((resolve) => {
      this.#child.once('close', () => resolve());
      this.#child.once('error', (error) => {
        this.#said += error;
        resolve();
      });
    });
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  /** The last of what it wrote. */
  get said(): string {
    return this.#said;
  }

  get running(): boolean {
    return this.#child.pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** It stands still: its connections stay open, and nothing answers. */
  freeze(): void {
    this.#child.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child.kill('SIGCONT');
  }

  /** At once and without a word, frozen or not. */
  async kill(): Promise<void> {
    if (this.running) this.#child.kill('SIGKILL');
    await this.#ended;
  }

  /** In its own order; by force when that takes too long. */
  async stop(): Promise<void> {
    if (!this.running) return;
    this.thaw();
    this.#child.kill('SIGTERM');
    const force = setTimeout(() => this.#child.kill('SIGKILL'), STOP_LIMIT_MS);
    await this.#ended;
    clearTimeout(force);
  }
}
