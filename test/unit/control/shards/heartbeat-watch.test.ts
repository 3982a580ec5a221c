import { expect, test } from 'vitest';
import { HeartbeatWatch, Pulse, type Watched } from '../../../../src/control/shards/heartbeat-watch.ts';
import { newShardWords, shardWord, stages } from '../../../../src/table/shard-words.ts';
import { HandClock } from '../../../support/hand-clock.ts';
import { KeptLog } from '../../../support/kept-log.ts';

interface Patient extends Watched {
  beats: boolean;
  carrying: boolean;
}

function ward(count: number) {
  const clock = new HandClock();
  const log = new KeptLog();
  const stuck: { index: number; atMs: number }[] = [];
  const patients: Patient[] = Array.from({ length: count }, (_, index) => ({
    index,
    words: newShardWords(),
    pulse: new Pulse(),
    beats: true,
    carrying: true,
  }));
  const present = new Set(patients);
  const watch = new HeartbeatWatch<Patient>({
    clock,
    log,
    watched: () => present,
    onStuck: (patient) => {
      stuck.push({ index: patient.index, atMs: clock.now() });
      present.delete(patient);
    },
  });
  const beat = (): void => {
    for (const { words, beats } of patients) if (beats) words[shardWord.heartbeat]++;
    clock.after(25, beat);
  };
  beat();
  watch.start();
  return { clock, log, stuck, patients, watch };
}

test('a loop that turns is never mentioned', () => {
  const { clock, log, stuck } = ward(4);
  clock.advance(60_000);
  expect(log.lines).toEqual([]);
  expect(stuck).toEqual([]);
});

test('a word that stands still is named at 100 ms with its stage, and given up at 2 s', () => {
  const { clock, log, stuck, patients } = ward(2);
  clock.advance(1_000);
  patients[1].beats = false;
  patients[1].words[shardWord.stage] = stages.indexOf('upstream-bytes');
  clock.advance(99);
  expect(log.lines).toEqual([]);
  clock.advance(101);
  expect(log.lines).toEqual([
    { level: 'warn', fields: { shard: 1, stage: 'upstream-bytes', standingMs: 100 }, message: 'shard is late' },
  ]);
  clock.advance(1_700);
  expect(stuck).toEqual([]);
  expect(patients[1].pulse.standingMs).toBeGreaterThanOrEqual(1_000);
  clock.advance(200);
  expect(stuck).toHaveLength(1);
  expect(stuck[0].index).toBe(1);
});

test('a shard that does not carry traffic yet may be slow, but not stuck', () => {
  const { clock, log, stuck, patients } = ward(1);
  patients[0].carrying = false;
  patients[0].beats = false;
  clock.advance(1_900);
  expect([log.lines, stuck]).toEqual([[], []]);
  clock.advance(300);
  expect(stuck).toHaveLength(1);
});

test('a shard that is late again and again is named once in 10 s', () => {
  const { clock, log, patients } = ward(1);
  for (let i = 0; i < 20; i++) {
    patients[0].beats = false;
    clock.advance(500);
    patients[0].beats = true;
    clock.advance(500);
  }
  expect(log.of('shard is late')).toHaveLength(2);
});

test('a machine that slept for an hour blames nobody', () => {
  const { clock, log, stuck } = ward(3);
  clock.advance(1_000);
  clock.sleep(3_600_000);
  clock.advance(1_000);
  expect(log.lines).toEqual([]);
  expect(stuck).toEqual([]);
});

test('a watch that is always late counts only what it has seen', () => {
  const { clock, stuck, patients } = ward(1);
  patients[0].beats = false;
  for (let i = 0; i < 20; i++) clock.sleep(500); // 10 s in 20 looks: 1.5 s were seen
  expect(stuck).toEqual([]);
  for (let i = 0; i < 20; i++) clock.sleep(500);
  expect(stuck).toHaveLength(1);
});

test('a beat after a pause makes the shard well again at once', () => {
  const { clock, patients } = ward(1);
  patients[0].beats = false;
  clock.advance(1_500);
  expect(patients[0].pulse.standingMs).toBeGreaterThanOrEqual(1_000);
  patients[0].beats = true;
  clock.advance(75);
  expect(patients[0].pulse.standingMs).toBe(0);
});

test('after stop nobody is looked at', () => {
  const { clock, log, patients, watch } = ward(1);
  watch.stop();
  patients[0].beats = false;
  clock.advance(10_000);
  expect(log.lines).toEqual([]);
});
