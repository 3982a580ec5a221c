import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type CpuProfile, readProfiles, selfTimesOf } from '../../../bench/profile.ts';

const node = (id: number, functionName: string, url = '', lineNumber = -1) => ({
  id,
  callFrame: { functionName, url, lineNumber },
});

/** `write` stands below two callers, as V8 writes it: one node for each stack. */
const profile: CpuProfile = {
  nodes: [
    node(1, '(idle)'),
    node(2, 'write', 'file:///p/dist/data/output.js', 41),
    node(3, 'write', 'file:///p/dist/data/output.js', 41),
    node(4, '(garbage collector)'),
    node(5, '', 'node:net', 9),
  ],
  samples: [1, 2, 4, 3, 5],
  timeDeltas: [5000, 30, 10, 50, 10],
};

test('the time of a function is that of all its stacks, and idle time is none', () => {
  expect(selfTimesOf(profile)).toEqual([
    { place: 'write output.js:42', share: 0.8 },
    { place: '(garbage collector)', share: 0.1 },
    { place: '(anonymous) node:net:10', share: 0.1 },
  ]);
});

test('a sample whose clock went back takes no time away', () => {
  const [first] = selfTimesOf({ ...profile, timeDeltas: [0, 40, -99, 40, 20] });
  expect(first?.share).toBe(0.8);
});

test('the profiles of all threads are found and told', () => {
  const folder = mkdtempSync(join(tmpdir(), 'komainu-bench-test-'));
  try {
    mkdirSync(join(folder, 'komainu'));
    for (const thread of [0, 1]) {
      writeFileSync(join(folder, 'komainu', `CPU.${thread}.cpuprofile`), JSON.stringify(profile));
    }
    writeFileSync(join(folder, 'other'), '');
    const texts = readProfiles(folder);
    expect(texts).toHaveLength(2);
    expect(texts[1]).toContain('CPU.1.cpuprofile\n  80.0 %  write output.js:42\n');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
