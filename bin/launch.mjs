// The launcher's logic: plain JavaScript for Node 18 and later, because it runs before the right runtime is found.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const LEAST_VERSION = [22, 19];

const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 10_000;
/** A child that ran this long was healthy: the next death starts again with the first delay. */
const HEALTHY_MS = 10_000;

const STOP_SIGNALS = ['SIGTERM', 'SIGINT'];
export const FORWARDED_SIGNALS = [...STOP_SIGNALS, 'SIGHUP'];

/** sysexits(3): an internal error, which a new process may survive; and settings that cannot be used, which none will. */
const EXIT_INTERNAL = 70;
export const EXIT_UNUSABLE = 78;

/** @param {string} version as in `process.versions.node` */
export function isNewEnough(version) {
  const [major, minor] = version.split('.').map(Number);
  return major > LEAST_VERSION[0] || (major === LEAST_VERSION[0] && minor >= LEAST_VERSION[1]);
}

/** The runtime that package.json pins, or undefined where it is not installed (a container image, another platform). */
export function pinnedRuntime(platform = process.platform, arch = process.arch) {
  try {
    const manifest = createRequire(import.meta.url).resolve(`node-${platform}-${arch}/package.json`);
    const program = join(dirname(manifest), 'bin', 'node');
    return existsSync(program) ? program : undefined;
  } catch {
    return undefined;
  }
}

/** Runtimes to try, best first; the second is for a pinned one that this system's C library cannot start. */
export function runtimesFor(pinned, own, ownVersion) {
  const runtimes = pinned === undefined ? [] : [pinned];
  if (isNewEnough(ownVersion) && own !== pinned) runtimes.push(own);
  return runtimes;
}

/** What the runtime is given in front of the user's words: the built program where there is one, else the sources. */
export function programIn(root, exists = existsSync) {
  const built = join(root, 'dist', 'cli', 'main.js');
  if (exists(built)) return [built];
  // The sources run with their types stripped; that this is young in Node 22 need not be told to every user.
  return ['--disable-warning=ExperimentalWarning', join(root, 'src', 'cli', 'main.ts')];
}

export const projectRoot = () => dirname(dirname(fileURLToPath(import.meta.url)));

/** Commands that run until they are stopped; the others end by themselves, well or badly. */
export const runsOn = (args) => args[0] === 'serve' || args[0] === 'proxy';

/** The shell's word for how a process ended. */
export const exitCodeOf = (code, signal) => (signal ? 128 + (constants.signals[signal] ?? 0) : code);

/** A death that a new process may survive: a signal that nobody sent through us, an internal error, an abort. */
export const isAccident = (code, signal, forwarded) =>
  signal ? !forwarded.has(signal) : code === EXIT_INTERNAL || code >= 128;

/**
 * Runs the program and starts it again after accidents, until it ends by itself or was told to stop.
 *
 *   running ──ended, or told to stop──► over(code)
 *      ▲ └──accident──► waiting ──told to stop──► over(code)
 *      └─────delay─────────┘
 *
 * @returns a promise of the exit code
 */
export class Launcher {
  #options;
  #child;
  #timer;
  #delayMs = FIRST_DELAY_MS;
  #lastCode = EXIT_UNUSABLE;
  #stopping = false;
  #forwarded = new Set();
  #finish;

  /**
   * @param options runtimes, args (for the runtime), restarts (boolean), spawn(runtime, args) → ChildProcess,
   *   after(ms, run) → { cancel() }, now() in milliseconds, say(line)
   */
  constructor(options) {
    this.#options = options;
  }

  run() {
    return new Promise((resolve) => {
      this.#finish = resolve;
      this.#start(this.#options.runtimes);
    });
  }

  /** A signal that this process received. */
  signal(name) {
    this.#forwarded.add(name);
    if (STOP_SIGNALS.includes(name)) this.#stopping = true;
    if (this.#child) this.#child.kill(name);
    else if (this.#timer && this.#stopping) this.#over(this.#lastCode);
  }

  #start([runtime, ...others]) {
    const startedAt = this.#options.now();
    this.#timer = undefined;
    this.#child = this.#options.spawn(runtime, this.#options.args);
    this.#child.on('error', (error) => {
      if (this.#child?.pid !== undefined) return; // a signal that came too late, not a start that failed
      this.#child = undefined;
      this.#cannotStart(runtime, others, error);
    });
    this.#child.once('exit', (code, signal) => {
      this.#child = undefined;
      this.#ended(code, signal, this.#options.now() - startedAt);
    });
  }

  #cannotStart(runtime, others, error) {
    if (others.length > 0 && !this.#stopping) return this.#start(others);
    this.#options.say(`komainu: cannot start ${runtime}: ${error.message}`);
    this.#over(EXIT_UNUSABLE);
  }

  #ended(code, signal, livedMs) {
    this.#lastCode = exitCodeOf(code, signal);
    const again = this.#options.restarts && !this.#stopping && isAccident(code, signal, this.#forwarded);
    if (!again) return this.#over(this.#lastCode);
    if (livedMs >= HEALTHY_MS) this.#delayMs = FIRST_DELAY_MS;
    const how = signal ? `was ended by ${signal}` : `ended with code ${code}`;
    this.#options.say(`komainu: the serving process ${how}; starting it again in ${this.#delayMs} ms`);
    this.#timer = this.#options.after(this.#delayMs, () => this.#start(this.#options.runtimes));
    this.#delayMs = Math.min(this.#delayMs * 2, LONGEST_DELAY_MS);
  }

  #over(code) {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#finish(code);
  }
}
