import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { findProgram } from '../../bench/programs.ts';
import { freePort } from './free-port.ts';
import { waitUntil } from './wait-until.ts';

/** Where Debian and most others keep what `load_module` names. */
const streamModules = ['/usr/lib/nginx/modules', '/usr/lib64/nginx/modules', '/etc/nginx/modules'];

/** What this machine lacks for haproxy or nginx in front. */
export function lackingFor(name: 'haproxy' | 'nginx', stream: boolean): string | undefined {
  if (findProgram(name) === undefined) return name;
  const there = streamModules.some((folder) => existsSync(join(folder, 'ngx_stream_module.so')));
  return name === 'nginx' && stream && !there ? 'the stream module of nginx' : undefined;
}

const configs = join(import.meta.dirname, '..', '..', 'native-config');

/** What a file says, and what stands there in a test. Each has to be in the file. */
export type Swaps = readonly (readonly [there: string, here: string])[];

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
  const ports = { ...to, front: await freePort() };
  const swaps = file.startsWith('haproxy/') ? haproxySwaps(ports) : nginxSwaps(ports);
  return startFrontFrom({ program, file: join(configs, file), swaps, port: ports.front });
}

export interface FrontStart {
  /** Path of haproxy or nginx. */
  readonly program: string;
  readonly file: string;
  readonly swaps: Swaps;
  /** Where it listens after the swaps. */
  readonly port: number;
}

export async function startFrontFrom({ program, file, swaps, port }: FrontStart): Promise<Front> {
  const folder = mkdtempSync(join(tmpdir(), 'komainu-front-'));
  const config = join(folder, basename(file));
  const isHaproxy = basename(program) === 'haproxy';
  const usual = isHaproxy ? usualHaproxySwaps : usualNginxSwaps(folder);
  writeFileSync(config, swapped(readFileSync(file, 'utf8'), [...usual, ...swaps]));
  const args = isHaproxy ? ['-db', '-f', config] : ['-c', config, '-g', 'daemon off;'];
  const front = new Front(port, spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] }), folder);
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
];

const nginxSwaps = ({ front, komainu }: Ports): Swaps => [
  ['listen 80 ', `listen ${front} `],
  ['127.0.0.1:8080', `127.0.0.1:${komainu}`],
];

const usualHaproxySwaps: Swaps = isRoot ? [] : [['    user haproxy\n    group haproxy\n', '']];

const usualNginxSwaps = (folder: string): Swaps => [
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
