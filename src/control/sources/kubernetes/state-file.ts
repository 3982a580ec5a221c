import { createHash, type Hash, randomBytes } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { access, type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { StartupError } from '../../../base/startup-error.ts';
import { WatchLines } from './watch-lines.ts';

/** What a file must be about to count: it is no use to a process that reads another cluster, or other parts of it. */
export interface StateSubject {
  /** Another version may read fields that were not kept. */
  readonly version: string;
  readonly server: string;
  readonly namespaces: readonly string[];
  readonly namespaceSelector: string | null;
  readonly labelSelector: string | null;
}

export interface StateContent {
  /** Milliseconds since 1970. */
  readonly writtenAtMs: number;
  /** One object each. */
  readonly lines: readonly string[];
}

/** Why a file does not count; one sentence. */
export class StateFileProblem extends Error {
  override readonly name = 'StateFileProblem';
}

const NAME = 'komainu-state.jsonl';
const FORMAT = 1;
const LIMIT_BYTES = 512 * 1024 * 1024;
/** The thread is held for as long as it takes to make so much. */
const PIECE_CHARACTERS = 256 * 1024;
const READ_BYTES = 256 * 1024;

/**
 * One file, only for its owner:
 *
 *   {"komainu":"state","format":1,"subject":{…},"writtenAt":…}
 *   one object a line
 *   {"end":<objects>,"sha256":"<of everything above>"}
 */
export class StateFile {
  readonly path: string;
  readonly #folder: string;
  readonly #subject: string;

  constructor(folder: string, subject: StateSubject) {
    this.#folder = folder;
    this.path = join(folder, NAME);
    this.#subject = JSON.stringify(subject);
  }

  /** Makes the folder where there is none. Rejects with StartupError where files cannot be kept in it. */
  async check(): Promise<void> {
    try {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      await access(this.#folder, constants.R_OK | constants.W_OK | constants.X_OK);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? 'an error';
      throw new StartupError(`The folder ${this.#folder} of stateDir cannot be used: ${code}.`);
    }
  }

  /** Written beside it, brought to the disk, then renamed; resolves with its size. */
  async write({ writtenAtMs, lines }: StateContent): Promise<number> {
    const beside = `${this.path}.${randomBytes(6).toString('hex')}`;
    const handle = await open(beside, 'wx', 0o600);
    try {
      const size = await this.#writeAll(handle, writtenAtMs, lines);
      await handle.sync();
      await handle.close();
      await rename(beside, this.path);
      return size;
    } catch (error) {
      await handle.close().catch(() => {});
      await rm(beside, { force: true });
      throw error;
    }
  }

  async #writeAll(handle: FileHandle, writtenAtMs: number, lines: readonly string[]): Promise<number> {
    const hash = createHash('sha256');
    const head = `{"komainu":"state","format":${FORMAT},"subject":${this.#subject},"writtenAt":${writtenAtMs}}\n`;
    let size = await put(handle, head, hash);
    for (const piece of pieces(lines)) size += await put(handle, piece, hash);
    const end = JSON.stringify({ end: lines.length, sha256: hash.copy().digest('hex') });
    return size + (await put(handle, `${end}\n`, hash));
  }

  /** undefined: there is none. Rejects with StateFileProblem where it does not count. */
  async read(): Promise<StateContent | undefined> {
    const handle = await open(this.path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
      (error: NodeJS.ErrnoException) => error,
    );
    if (handle instanceof Error) {
      if (handle.code === 'ENOENT') return undefined;
      throw new StateFileProblem(`it cannot be opened: ${handle.code}`);
    }
    try {
      refuseForeign(await handle.stat());
      return await this.#readAll(handle);
    } finally {
      await handle.close();
    }
  }

  async #readAll(handle: FileHandle): Promise<StateContent> {
    const hash = createHash('sha256');
    const lines: string[] = [];
    // Each line is added to the sum when the next one is there, since the last one is not part of it.
    let last: Buffer | undefined;
    for await (const line of linesOf(handle)) {
      if (last !== undefined) {
        hash.update(last).update('\n');
        lines.push(last.toString());
      }
      last = line;
    }
    const [head = '', ...objects] = lines;
    const writtenAtMs = this.#readHead(head);
    if (last?.toString() !== JSON.stringify({ end: objects.length, sha256: hash.digest('hex') })) {
      throw new StateFileProblem('it is damaged, or not whole');
    }
    return { writtenAtMs, lines: objects };
  }

  #readHead(text: string): number {
    const head = parsed(text) as { komainu?: unknown; format?: unknown; subject?: unknown; writtenAt?: unknown } | null;
    if (head?.komainu !== 'state') throw new StateFileProblem('it is no state file of Komainu');
    if (head.format !== FORMAT || JSON.stringify(head.subject) !== this.#subject) {
      throw new StateFileProblem('it is of another cluster, other settings or another version');
    }
    return Number(head.writtenAt);
  }
}

/** Nobody else can have written it, or read it. */
function refuseForeign(stats: Stats): void {
  if (!stats.isFile()) throw new StateFileProblem('it is no regular file');
  if (stats.size > LIMIT_BYTES) throw new StateFileProblem(`it is larger than ${LIMIT_BYTES} bytes`);
  if (stats.uid !== process.geteuid?.()) throw new StateFileProblem('it belongs to another user');
  if ((stats.mode & 0o077) !== 0) throw new StateFileProblem('its mode lets others read or write it; it must be 0600');
}

async function* linesOf(handle: FileHandle): AsyncGenerator<Buffer> {
  const lines = new WatchLines();
  for (;;) {
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(READ_BYTES), 0, READ_BYTES);
    if (bytesRead === 0) return;
    yield* lines.push(buffer.subarray(0, bytesRead));
  }
}

async function put(handle: FileHandle, text: string, hash: Hash): Promise<number> {
  const bytes = Buffer.from(text);
  hash.update(bytes);
  await handle.writeFile(bytes);
  return bytes.length;
}

function* pieces(lines: readonly string[]): Generator<string> {
  let piece = '';
  for (const line of lines) {
    piece += `${line}\n`;
    if (piece.length < PIECE_CHARACTERS) continue;
    yield piece;
    piece = '';
  }
  if (piece !== '') yield piece;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
