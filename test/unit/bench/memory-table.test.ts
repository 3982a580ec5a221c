import { expect, test } from 'vitest';
import type { MemoryMeasured } from '../../../bench/memory.ts';
import { renderMemory } from '../../../bench/memory-table.ts';

const resident = (allMib: number, largestMib: number) => ({ allKib: allMib * 1024, largestKib: largestMib * 1024 });

const komainu: MemoryMeasured = {
  name: 'komainu',
  version: '1.0',
  started: resident(240, 190),
  loaded: resident(250, 199),
  idle: resident(270, 219),
  bytesPerIdleConnection: 9000,
  lost: 0,
};

test('the largest process and the idle connection are judged, and all figures shown', () => {
  const [line, , , , row] = renderMemory([komainu]).split('\n');
  expect(line).toContain('largest process at most 200 MiB (reached), and at most 8 KiB per idle connection (missed).');
  expect(row?.replaceAll(/ +/g, ' ')).toBe('| komainu 1.0 | 240 | 250 | 199 | 270 | 8.8 | 0 |');
  expect(renderMemory([{ ...komainu, loaded: resident(250, 201) }])).toContain('200 MiB (missed)');
});

test('without Komainu nothing is judged', () => {
  expect(renderMemory([{ ...komainu, name: 'nginx' }])).toContain(
    'at most 200 MiB, and at most 8 KiB per idle connection.',
  );
});
