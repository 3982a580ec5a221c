import { IDLE_CONNECTIONS, MEMORY_ROUTES, MEMORY_SHARDS, type MemoryMeasured } from './memory.ts';
import { renderRows } from './table.ts';

/** Of Komainu: what the process that serves may hold after load, and what an idle client connection may add. */
const AIM = { largestMib: 200, idleKib: 8 } as const;

const titles = [
  'Proxy',
  'RSS MiB',
  'after load',
  'largest process',
  'with idle connections',
  'KiB per idle connection',
  'lost',
];

export function renderMemory(measured: readonly MemoryMeasured[]): string {
  const komainu = measured.find(({ name }) => name === 'komainu');
  const judged = (limit: number, value: number | undefined) =>
    value === undefined ? '' : ` (${value <= limit ? 'reached' : 'missed'})`;
  const largest = judged(AIM.largestMib, komainu && komainu.loaded.largestKib / 1024);
  const idle = judged(AIM.idleKib, komainu && komainu.bytesPerIdleConnection / 1024);
  const shape = `${count(MEMORY_ROUTES)} routes, ${MEMORY_SHARDS} shards or workers, ${count(IDLE_CONNECTIONS)} idle connections`;
  return [
    `**Memory: ${shape}.** Aim: largest process at most ${AIM.largestMib} MiB${largest}, and at most ${AIM.idleKib} KiB per idle connection${idle}.`,
    renderRows(titles, measured.map(cellsOf)),
  ].join('\n\n');
}

function cellsOf({ name, version, started, loaded, idle, bytesPerIdleConnection, lost }: MemoryMeasured): string[] {
  const kib = [started.allKib, loaded.allKib, loaded.largestKib, idle.allKib];
  const mib = kib.map((value) => (value / 1024).toFixed(0));
  return [`${name} ${version}`, ...mib, (bytesPerIdleConnection / 1024).toFixed(1), String(lost)];
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
