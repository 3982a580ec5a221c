import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';

/** What an origin of `flood-origin.mjs` answers to a GET. */
export const floodBody = (name: string, target: string): string => `${name} ${target}\n${'.'.repeat(400)}\n`;
/** … and to a POST. */
export const floodEcho = (name: string, body: string): string => `${name} ${body}`;

/** Named origins in a process of their own. */
export class FloodOrigins {
  readonly ports: ReadonlyMap<string, number>;
  readonly #child: ChildProcess;

  constructor(child: ChildProcess, ports: ReadonlyMap<string, number>) {
    this.#child = child;
    this.ports = ports;
  }

  port(name: string): number {
    const port = this.ports.get(name);
    if (port === undefined) throw new Error(`no origin ${name}`);
    return port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.disconnect();
    await ended;
  }
}

export async function startFloodOrigins(names: readonly string[]): Promise<FloodOrigins> {
  const env = { ...process.env };
  delete env.NODE_OPTIONS;
  const child = fork(join(import.meta.dirname, 'flood-origin.mjs'), names, { env, execArgv: [] });
  const ports = await new Promise<readonly number[]>((resolve, reject) => {
    child.once('message', (message) => resolve(message as readonly number[]));
    child.once('exit', (code) => reject(new Error(`the origins ended with ${code}`)));
  });
  return new FloodOrigins(child, new Map(names.map((name, index) => [name, ports[index]])));
}
