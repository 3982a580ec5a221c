import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Answer, ask } from './raw-client.ts';
import { waitUntil } from './wait-until.ts';

const root = join(import.meta.dirname, '..', '..');

/** The whole suite runs against `dist` when this is set. */
export const testsBuilt = process.env.KOMAINU_TEST_BUILT === '1';

const START_LIMIT_MS = 30_000;
const STOP_LIMIT_MS = 30_000;

/** One JSON line of stderr. */
export interface LogLine {
  readonly level: number | string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

export interface KomainuOptions {
  /** File names below the folder and their text. */
  readonly manifests?: Readonly<Record<string, string>>;
  /** Text of a settings file. */
  readonly settings?: string;
  /** Added to, and where a flag is repeated put in the place of, the usual flags. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** The emitted JavaScript instead of the sources. */
  readonly built?: boolean;
  /** Through `bin/komainu.mjs`, which starts what it finds. */
  readonly launcher?: boolean;
  readonly shards?: number;
  /** Do not wait for 'serving'. */
  readonly waits?: boolean;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The real program in a process of its own, on ports that the kernel chose. */
export class Komainu {
  readonly folder: string;
  readonly log: LogLine[] = [];
  /** Lines of stdout, and those of stderr that are no JSON. */
  readonly lines: string[] = [];
  readonly ended: Promise<Ended>;
  #end: Ended | undefined;
  #temporary = 0;
  readonly #child: ChildProcess;

  constructor(child: ChildProcess, folder: string) {
    this.#child = child;
    this.folder = folder;
    createInterface(child.stderr!).on('line', (line) => this.#hear(line));
    createInterface(child.stdout!).on('line', (line) => this.lines.push(line));
    this.ended = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => {
        this.#end = { code, signal };
        resolve(this.#end);
      });
    });
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** The first event with this message. */
  event(message: string): LogLine | undefined {
    return this.log.find((line) => line.msg === message);
  }

  events(message: string): readonly LogLine[] {
    return this.log.filter((line) => line.msg === message);
  }

  async serving(): Promise<void> {
    const said = await waitUntil(
      'the program serves',
      () => {
        if (this.#end !== undefined)
          throw new Error(`the program ended: ${JSON.stringify(this.#end)}\n${this.story()}`);
        return this.event('serving');
      },
      { deadlineMs: START_LIMIT_MS, state: () => this.story() },
    );
    this.#serving = said as unknown as Serving;
  }

  #serving: Serving | undefined;

  /** Of the first listener, or of the one with this name. */
  port(name?: string): number {
    const listeners = this.#serving?.listeners ?? [];
    const found = name === undefined ? listeners[0] : listeners.find((one) => one.name === name);
    if (found === undefined) throw new Error(`no listener ${name ?? ''} in ${JSON.stringify(this.#serving)}`);
    return found.port;
  }

  get adminPort(): number {
    if (this.#serving === undefined) throw new Error('not serving');
    return this.#serving.admin.port;
  }

  /** GET on the admin port. */
  admin(path: string): Promise<Answer> {
    return ask(this.adminPort, [`GET ${path} HTTP/1.1`, 'Host: localhost', 'Connection: close']);
  }

  async api<T = unknown>(name: string): Promise<T> {
    const answer = await this.admin(`/api/${name}`);
    if (answer.status !== 200) throw new Error(`/api/${name} answers ${answer.status}: ${answer.text}`);
    return JSON.parse(answer.bytes.toString()) as T;
  }

  async shards(): Promise<readonly ShardView[]> {
    return (await this.api<{ shards: readonly ShardView[] }>('shards')).shards;
  }

  /** Waits until every shard has a table with, or without, routes of this host; asks nobody but the admin port. */
  async routed(host: string, there = true): Promise<void> {
    await this.until(`${host} is ${there ? '' : 'not '}routed`, async () => {
      const { generation, routes } = await this.api<{ generation: number; routes: readonly { host: string }[] }>(
        'routes',
      );
      const programmed = (await this.metrics()).get('komainu_generation_programmed') ?? 0;
      return programmed >= generation && routes.some((route) => route.host === host) === there;
    });
  }

  /** Prometheus samples by their whole name with labels. */
  async metrics(): Promise<ReadonlyMap<string, number>> {
    const { text } = await this.admin('/metrics');
    const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    return new Map(
      samples.map((line) => {
        const at = line.lastIndexOf(' ');
        return [line.slice(0, at), Number(line.slice(at + 1))];
      }),
    );
  }

  /** Resident memory of the serving process in bytes. */
  residentBytes(): number {
    const status = readFileSync(`/proc/${this.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
  }

  /** Waits for the condition and fails with the program's own story. */
  async until<T>(
    what: string,
    condition: () => T | undefined | false | Promise<T | undefined | false>,
    deadlineMs = 15_000,
  ): Promise<T> {
    return (await waitUntil(what, condition as () => T, { deadlineMs, state: () => this.story() })) as T;
  }

  /** Puts a whole file in place at once, as people and tools should: written beside it, then renamed. */
  async write(name: string, text: string): Promise<void> {
    const file = join(this.folder, name);
    const beside = join(dirname(file), `.${this.#temporary++}.tmp`);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(beside, text);
    await rename(beside, file);
  }

  async remove(name: string): Promise<void> {
    await rm(join(this.folder, name));
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Orderly end; a second signal follows when it takes too long. */
  async stop(): Promise<Ended> {
    if (this.running) this.signal('SIGTERM');
    const second = setTimeout(() => this.signal('SIGTERM'), 4_000);
    const last = setTimeout(() => this.signal('SIGKILL'), STOP_LIMIT_MS);
    const ended = await this.ended;
    clearTimeout(second);
    clearTimeout(last);
    return ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
    rmSync(settingsFileOf(this.folder), { force: true });
  }

  /** The last lines the program said. */
  story(): string {
    return [...this.lines.slice(-10), ...this.log.slice(-15).map((line) => JSON.stringify(line))].join('\n');
  }

  #hear(line: string): void {
    if (!line.startsWith('{')) return void this.lines.push(line);
    try {
      this.log.push(JSON.parse(line) as LogLine);
    } catch {
      this.lines.push(line);
    }
  }
}

/** A shard as `/api/shards` shows it. */
export interface ShardView {
  readonly index: number;
  readonly state: string;
  readonly adopted: number;
  readonly restarts: number;
  readonly heartbeatAgeMs: number;
  readonly connectionsOpen: number;
  readonly exchangesActive: number;
}

interface Serving {
  readonly listeners: readonly { readonly name: string; readonly address: string; readonly port: number }[];
  readonly admin: { readonly address: string; readonly port: number };
}

/** Beside the folder, which is read whole. */
const settingsFileOf = (folder: string): string => `${folder}.settings.yaml`;

/** Flags of the usual start; a test's own flags take their place. A cluster as the source takes that of the folder. */
const usualFlags = (folder: string, shards: number, args: readonly string[]): [flag: string, value: string][] => [
  ['--http-port', '0'],
  ['--admin-port', '0'],
  ['--shards', String(shards)],
  ...(args.includes('--kubernetes') ? [] : [['--manifests', folder] as [string, string]]),
  ['--pre-stop-ms', '0'],
  ['--grace-ms', '3000'],
];

export async function startKomainu(options: KomainuOptions = {}): Promise<Komainu> {
  const folder = mkdtempSync(join(tmpdir(), 'komainu-test-'));
  for (const [name, text] of Object.entries(options.manifests ?? {})) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  const { args = [], shards = 2 } = options;
  const usual = usualFlags(folder, shards, args).filter(([flag]) => !args.includes(flag));
  const file = settingsFileOf(folder);
  if (options.settings !== undefined) await writeFile(file, options.settings);
  const settings = options.settings === undefined ? [] : ['--settings', file];
  const komainu = runKomainu(['serve', ...usual.flat(), ...settings, ...args], options, folder);
  if (options.waits === false) return komainu;
  try {
    await komainu.serving();
  } catch (error) {
    await komainu[Symbol.asyncDispose]();
    throw error;
  }
  return komainu;
}

/** Any command line. */
export function runKomainu(args: readonly string[], options: KomainuOptions, folder: string): Komainu {
  const program = programWords(options);
  const child = spawn(process.execPath, [...program, ...args], {
    cwd: root,
    env: { ...cleanEnvironment(), ...options.env },
    // The channel carries nothing; when this process dies it closes, and the program stops instead of staying behind.
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  return new Komainu(child, folder);
}

function programWords({ built = testsBuilt, launcher = false }: KomainuOptions): readonly string[] {
  if (launcher) return [join(root, 'bin', 'komainu.mjs')];
  if (built) return [join(root, 'dist', 'cli', 'main.js')];
  return ['--disable-warning=ExperimentalWarning', join(root, 'src', 'cli', 'main.ts')];
}

/** Nothing of the developer's own settings reaches the program; coverage does. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('KOMAINU_') && !name.startsWith('VITEST') && name !== 'NODE_OPTIONS',
  );
  return Object.fromEntries(kept);
}
