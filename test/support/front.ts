import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { freePort } from './free-port.ts';
import { waitUntil } from './wait-until.ts';

const configs = join(import.meta.dirname, '..', '..', 'native-config');

/** What the files of `native-config` say, and what stands there in a test. Each has to be in the file. */
type Swaps = readonly (readonly [there: string, here: string])[];

interface Ports {
  readonly front: number;
  readonly komainu: number;
  readonly admin: number;
}

/** A real haproxy or nginx in front, with a file that users copy; only its ports and paths are others. */
export class Front {
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #folder: string;
  #said = '';

  constructor(port: number, child: ChildProcess, folder: string) {
    this.port = port;
    this.#child = child;
    this.#folder = folder;
    for (const stream of [child.stdout!, child.stderr!]) {
      stream.on('data', (bytes) => {
        this.#said += bytes;
      });
    }
  }

  /** Everything the program wrote so far. */
  get said(): string {
    return this.#said;
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.running) {
      const ended = new Promise((resolve) => this.#child.once('exit', resolve));
      this.#child.kill('SIGTERM');
      await ended;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** `file`: below `native-config`, in the folder that is named like the program. */
export async function startFront(program: string, file: string, to: Omit<Ports, 'front'>): Promise<Front> {
  const folder = mkdtempSync(join(tmpdir(), 'komainu-front-'));
  const ports = { ...to, front: await freePort() };
  const isHaproxy = file.startsWith('haproxy/');
  const config = join(folder, basename(file));
  const swaps = isHaproxy ? haproxySwaps(ports) : nginxSwaps(ports, folder);
  writeFileSync(config, swapped(readFileSync(join(configs, file), 'utf8'), swaps));
  const args = isHaproxy ? ['-db', '-f', config] : ['-c', config, '-g', 'daemon off;'];
  const front = new Front(ports.front, spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] }), folder);
  try {
    await waitUntil(`${file} is served`, () => answers(front), { state: () => front.said });
    return front;
  } catch (error) {
    await front[Symbol.asyncDispose]();
    throw error;
  }
}

const isRoot = process.getuid?.() === 0;

const haproxySwaps = ({ front, komainu, admin }: Ports): Swaps => [
  ['bind :80', `bind :${front}`],
  ['127.0.0.1:8080', `127.0.0.1:${komainu}`],
  ['port 9090', `port ${admin}`],
  ...(isRoot ? [] : ([['    user haproxy\n    group haproxy\n', '']] as const)),
];

const nginxSwaps = ({ front, komainu }: Ports, folder: string): Swaps => [
  ['listen 80 ', `listen ${front} `],
  ['127.0.0.1:8080', `127.0.0.1:${komainu}`],
  ['/run/nginx.pid', join(folder, 'nginx.pid')],
  ['/var/log/nginx/error.log', 'stderr'],
];

function swapped(text: string, swaps: Swaps): string {
  return swaps.reduce((now, [there, here]) => {
    if (!now.includes(there)) throw new Error(`the file does not say ${JSON.stringify(there)}`);
    return now.replaceAll(there, here);
  }, text);
}

function answers(front: Front): Promise<boolean> {
  if (!front.running) throw new Error(`the program ended: ${front.said}`);
  return new Promise((resolve) => {
    const socket = connect(front.port, '127.0.0.1');
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
