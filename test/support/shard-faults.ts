import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Stage } from '../../src/table/shard-words.ts';
import { type Komainu, type KomainuOptions, startKomainu, testsBuilt } from './start-komainu.ts';

export interface Fault {
  readonly stage: Stage;
  readonly kind: 'throw' | 'reject' | 'exit' | 'loop';
  /** Only this shard takes it. */
  readonly shard?: number;
}

const root = join(import.meta.dirname, '..', '..');
const shardModule = (built: boolean): string =>
  pathToFileURL(join(root, built ? 'dist/data/shard.js' : 'src/data/shard.ts')).href;

/** A running program whose shards fail on command (`faults.mjs`). */
export class FaultyKomainu {
  readonly komainu: Komainu;
  readonly #file: string;

  constructor(komainu: Komainu, file: string) {
    this.komainu = komainu;
    this.#file = file;
  }

  /** The next shard that enters the stage fails there, once. */
  arm(fault: Fault): void {
    for (const name of readdirSync(dirname(this.#file))) rmSync(join(dirname(this.#file), name));
    writeFileSync(`${this.#file}.new`, JSON.stringify(fault));
    renameSync(`${this.#file}.new`, this.#file);
  }

  get happened(): boolean {
    const names = readdirSync(dirname(this.#file));
    return !existsSync(this.#file) && names.some((name) => name.startsWith(`${basename(this.#file)}.taken`));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.komainu[Symbol.asyncDispose]();
    rmSync(dirname(this.#file), { recursive: true, force: true });
  }
}

export async function startFaulty(options: KomainuOptions): Promise<FaultyKomainu> {
  const file = join(mkdtempSync(join(tmpdir(), 'komainu-faults-')), 'fault.json');
  const env = {
    NODE_OPTIONS: `--import=${pathToFileURL(join(import.meta.dirname, 'faults.mjs')).href}`,
    FAULTS_FILE: file,
    FAULTS_SHARD_MODULE: shardModule(options.built ?? testsBuilt),
  };
  return new FaultyKomainu(await startKomainu({ ...options, env }), file);
}
