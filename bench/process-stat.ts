/** Clock ticks in a second as /proc counts them: USER_HZ, 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/** What we read of one line of /proc/PID/stat (proc_pid_stat(5)). */
export interface ProcessStat {
  readonly pid: number;
  readonly parentPid: number;
  /** It has ended, but nobody has asked how yet. */
  readonly isZombie: boolean;
  /** User and system time of all threads, ended ones included. */
  readonly cpuUs: number;
  /** When it started: with the pid it names one process for ever. */
  readonly startTicks: number;
}

/** The name stands in parentheses and may hold spaces and parentheses itself, so fields are counted from the last one. */
export function parseProcessStat(line: string): ProcessStat {
  const nameEnd = line.lastIndexOf(')');
  const fields = line.slice(nameEnd + 2).split(' '); // fields[0] is field 3 of the manual page
  const stat = {
    pid: Number.parseInt(line, 10),
    parentPid: Number(fields[1]),
    isZombie: fields[0] === 'Z',
    cpuUs: ((Number(fields[11]) + Number(fields[12])) * 1e6) / TICKS_PER_SECOND,
    startTicks: Number(fields[19]),
  };
  if (nameEnd < 0 || Object.values(stat).some((value) => Number.isNaN(value)))
    throw new Error(`not a line of /proc/PID/stat: ${line}`);
  return stat;
}

/** Resident memory from the text of /proc/PID/status; 0 for a process that has none left (a zombie). */
export function parseResidentKib(status: string): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0);
}

/** The process `root` and everything below it, root first. */
export function treeOf(root: number, all: readonly ProcessStat[]): ProcessStat[] {
  const tree = all.filter((stat) => stat.pid === root);
  for (const parent of tree) tree.push(...all.filter((stat) => stat.parentPid === parent.pid));
  return tree;
}

/**
 * CPU time that a tree of processes used between two looks.
 * Throws when a process came or went in between: its time would be counted wrongly.
 */
export function cpuBetween(before: readonly ProcessStat[], after: readonly ProcessStat[]): number {
  const identities = (tree: readonly ProcessStat[]) =>
    tree
      .map((stat) => `${stat.pid}@${stat.startTicks}`)
      .sort()
      .join(' ');
  if (before.length === 0 || identities(before) !== identities(after)) {
    throw new Error(`processes changed during the round: ${identities(before)} became ${identities(after)}`);
  }
  const total = (tree: readonly ProcessStat[]) => tree.reduce((sum, stat) => sum + stat.cpuUs, 0);
  return total(after) - total(before);
}
