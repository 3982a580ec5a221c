import { expect, test } from 'vitest';
import { StateKeeper } from '../../../../src/control/sources/kubernetes/state-keeper.ts';
import { HandClock } from '../../../support/hand-clock.ts';
import { KeptLog } from '../../../support/kept-log.ts';

function scene() {
  const clock = new HandClock();
  const log = new KeptLog();
  const written: string[] = [];
  let lines: readonly string[] = [];
  let write = async (): Promise<number> => 10;
  const keeper = new StateKeeper({
    file: {
      path: '/state',
      write: async (content) => {
        const size = await write();
        written.push(content.lines.join());
        return size;
      },
    },
    content: () => ({ writtenAtMs: 0, lines }),
    ...{ clock, log },
  });
  const settle = async (): Promise<void> => {
    for (let i = 0; i < 20; i++) await Promise.resolve();
  };
  const say = (...now: string[]): void => {
    lines = now;
    keeper.mark();
  };
  const writes = (by: () => Promise<number>): void => {
    write = by;
  };
  return { clock, log, written, keeper, settle, say, writes };
}

test('changes are written together, five seconds after the first', async () => {
  const { clock, written, settle, say } = scene();
  say('a');
  clock.advance(4_000);
  say('a', 'b');
  expect(written).toEqual([]);
  clock.advance(1_000);
  await settle();
  expect(written).toEqual(['a,b']);
  clock.advance(60_000);
  await settle();
  expect(written).toHaveLength(1);
});

test('what changes while it is written is written after that', async () => {
  const { clock, written, settle, say, writes } = scene();
  const slow = Promise.withResolvers<number>();
  writes(() => slow.promise);
  say('a');
  clock.advance(5_000);
  say('b');
  clock.advance(10_000);
  slow.resolve(1);
  await settle();
  expect(written).toEqual(['a']);
  clock.advance(50 * 10_000);
  await settle();
  expect(written).toEqual(['a', 'b']);
});

test('a failure is told once, and tried again', async () => {
  const { clock, log, written, keeper, settle, say, writes } = scene();
  writes(() => Promise.reject(new Error('full')));
  say('a');
  for (let i = 0; i < 3; i++) {
    clock.advance(5_000);
    await settle();
  }
  expect(log.of('the state file cannot be written')).toHaveLength(1);
  expect(keeper.facts()).toEqual({ writes: 0, errors: 3, bytes: 0 });
  writes(async () => 7);
  clock.advance(5_000);
  await settle();
  expect(written).toEqual(['a']);
  expect(keeper.facts()).toEqual({ writes: 1, errors: 3, bytes: 7 });
});

test('the stop writes what is not written yet, and nothing comes after it', async () => {
  const { clock, written, keeper, settle, say } = scene();
  say('a');
  await keeper.stop();
  expect(written).toEqual(['a']);
  say('b');
  clock.advance(60_000);
  await settle();
  expect(written).toEqual(['a']);
});
