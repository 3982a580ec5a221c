import { beforeEach, expect, test } from 'vitest';
import { type Door, Gate } from '../../../../src/data/listen/gate.ts';
import { newShardWords, shardWord } from '../../../../src/table/shard-words.ts';
import { HandClock } from '../../../support/hand-clock.ts';
import { KeptLog } from '../../../support/kept-log.ts';

const LIMIT = 3;

class ScriptedDoor implements Door {
  readonly port: number;
  refuses: boolean | undefined;
  state = 'open';

  constructor(port: number) {
    this.port = port;
  }

  refuse(everything: boolean): void {
    this.refuses = everything;
  }

  pause(): void {
    this.state = 'paused';
  }

  resume(): void {
    this.state = 'open';
  }

  close(): void {
    this.state = 'closed';
  }
}

let words: Float64Array;
let clock: HandClock;
let log: KeptLog;
let gate: Gate;
let doors: ScriptedDoor[];

beforeEach(() => {
  words = newShardWords();
  clock = new HandClock();
  log = new KeptLog();
  gate = new Gate(words, LIMIT, clock, log);
  doors = [new ScriptedDoor(80), new ScriptedDoor(81)];
  for (const door of doors) gate.add(door);
});

const join = (times: number): void => {
  for (let k = 0; k < times; k++) gate.joined();
};
const refuse = (times: number, everyMs: number): void => {
  for (let k = 0; k < times; k++) {
    clock.advance(everyMs);
    gate.refused();
  }
};
const states = () => doors.map((door) => door.state);

test('all doors refuse while the shard has all the connections it may have', () => {
  join(LIMIT - 1);
  expect(doors.map((door) => door.refuses)).toEqual([false, false]);
  join(1);
  expect(doors.map((door) => door.refuses)).toEqual([true, true]);
  gate.left();
  expect(doors.map((door) => door.refuses)).toEqual([false, false]);
  expect([words[shardWord.connectionsOpen], words[shardWord.connectionsTotal]]).toEqual([LIMIT - 1, LIMIT]);
});

test('a door that is opened when the shard is full refuses from the start', () => {
  join(LIMIT);
  const late = new ScriptedDoor(82);
  gate.add(late);
  expect(late.refuses).toBe(true);
  expect(gate.ports).toEqual([80, 81, 82]);
});

test('there is pressure from nine tenths of the limit on', () => {
  const wide = new Gate(words, 20, clock, log);
  words[shardWord.connectionsOpen] = 17;
  expect(wide.pressed).toBe(false);
  words[shardWord.connectionsOpen] = 18;
  expect(wide.pressed).toBe(true);
});

test('1,000 refusals a second are borne, one by one', () => {
  refuse(1000, 1);
  expect(states()).toEqual(['open', 'open']);
  expect(words[shardWord.connectionsRefused]).toBe(1000);
});

test('when they come faster the doors are shut for 100 ms', () => {
  refuse(100, 0.5);
  expect(states()).toEqual(['paused', 'paused']);
  clock.advance(100);
  expect(states()).toEqual(['open', 'open']);
});

test('the pause is no part of the next measurement', () => {
  refuse(100, 0.5);
  clock.advance(100);
  refuse(100, 0.5);
  expect(states()).toEqual(['paused', 'paused']);
});

test('a burst that ended long ago does not shut the doors', () => {
  refuse(99, 0.1);
  clock.advance(60_000);
  refuse(1, 0.1);
  expect(states()).toEqual(['open', 'open']);
});

test('a flood is told once in ten seconds', () => {
  const told = () => log.of('connections over the limit come too fast, accepting pauses').length;
  for (let k = 0; k < 20; k++) refuse(100, 0.5);
  expect(told()).toBe(1);
  clock.advance(10_000);
  refuse(200, 0.5);
  expect(told()).toBe(2);
});

test('a gate that closes in a pause opens no door again', () => {
  refuse(100, 0.5);
  gate.close();
  clock.advance(1000);
  expect(states()).toEqual(['closed', 'closed']);
});

test('a door that comes after the end is closed', () => {
  gate.close();
  const late = new ScriptedDoor(82);
  gate.add(late);
  expect(late.state).toBe('closed');
});
