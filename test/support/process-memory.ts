import { readFileSync, writeFileSync } from 'node:fs';

/** The most that was resident of a process while something ran, as the kernel counts it (proc(5), `VmHWM`). */
export async function peakBytesDuring(pid: number, work: () => Promise<void>): Promise<number> {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
  await work();
  return statusBytes(pid, 'VmHWM');
}

export function statusBytes(pid: number, field: string): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kib = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1];
  if (kib === undefined) throw new Error(`no ${field} in the status of ${pid}`);
  return Number(kib) * 1024;
}
