import { cpus, loadavg, release, type } from 'node:os';

/** What the figures depend on besides the programs. */
export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly system: string;
  readonly node: string;
  /** Of the last minute before the run: well under 1 on a quiet machine. */
  readonly loadAverage: number;
}

export function readMachine(): Machine {
  const all = cpus();
  return {
    processor: (all[0]?.model ?? 'unknown').trim(),
    cores: all.length,
    system: `${type()} ${release()}`,
    node: process.version,
    loadAverage: loadavg()[0] as number,
  };
}
