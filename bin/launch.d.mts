import type { ChildProcess } from 'node:child_process';

export const LEAST_VERSION: readonly [number, number];
export const FORWARDED_SIGNALS: readonly NodeJS.Signals[];
export const EXIT_UNUSABLE: number;
export function isNewEnough(version: string): boolean;
export function pinnedRuntime(platform?: string, arch?: string): string | undefined;
export function runtimesFor(pinned: string | undefined, own: string, ownVersion: string): string[];
export function programIn(root: string, exists?: (path: string) => boolean): string[];
export function projectRoot(): string;
export function runsOn(args: readonly string[]): boolean;
export function exitCodeOf(code: number | null, signal: string | null): number;
export function isAccident(code: number | null, signal: string | null, forwarded: ReadonlySet<string>): boolean;

export interface LauncherOptions {
  readonly runtimes: readonly string[];
  readonly args: readonly string[];
  readonly restarts: boolean;
  readonly spawn: (runtime: string, args: readonly string[]) => Pick<ChildProcess, 'pid' | 'kill' | 'once' | 'on'>;
  readonly after: (ms: number, run: () => void) => { cancel(): void };
  readonly now: () => number;
  readonly say: (line: string) => void;
}

export class Launcher {
  constructor(options: LauncherOptions);
  run(): Promise<number>;
  signal(name: NodeJS.Signals): void;
}
