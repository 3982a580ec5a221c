import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import type { LogLevel } from '../../../src/observe/log.ts';
import { createLog } from '../../../src/observe/pino-log.ts';

function written(level: LogLevel) {
  const lines: Record<string, unknown>[] = [];
  return { lines, log: createLog(level, { write: (line: string) => lines.push(JSON.parse(line)) }) };
}

test('an event is one line of JSON with level, time, process, fields and the constant message', () => {
  const { lines, log } = written('info');
  log.warn({ shard: 1, nested: { a: 'line\nbreak' } }, 'shard is late');
  expect(lines).toEqual([
    {
      level: 'warn',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      pid: process.pid,
      shard: 1,
      nested: { a: 'line\nbreak' },
      msg: 'shard is late',
    },
  ]);
});

test('lines below the level are left out', () => {
  const { lines, log } = written('warn');
  log.debug({}, 'a');
  log.info({}, 'b');
  log.warn({}, 'c');
  log.error({}, 'd');
  expect(lines.map((line) => line.msg)).toEqual(['c', 'd']);
});

test('an error in `err` has its type, message and stack', () => {
  const { lines, log } = written('error');
  log.error({ err: new RangeError('too far') }, 'failed');
  expect(lines[0].err).toMatchObject({
    type: 'RangeError',
    message: 'too far',
    stack: expect.stringContaining('pino-log'),
  });
});

test('the last words of a process that ends at once are on standard error', () => {
  const module = new URL('../../../src/observe/pino-log.ts', import.meta.url).href;
  const script = `const { createLog } = await import('${module}'); createLog('info').error({}, 'last words'); process.exit(7);`;
  const { status, stderr, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
  });
  expect([status, stdout]).toEqual([7, '']);
  expect(stderr).toContain('"msg":"last words"');
});
