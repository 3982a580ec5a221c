import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { expect, test } from 'vitest';
import { importLines, judgeImport } from '../support/import-rules.ts';

const root = join(import.meta.dirname, '..', '..');

const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => `src/${name.split(sep).join('/')}`);

const allLines = sources.flatMap((file) => importLines(file, readFileSync(join(root, file), 'utf8')));

const judge = (file: string, code: string): (string | undefined)[] => importLines(file, code).map(judgeImport);

test('every import line under src stays within its room', () => {
  const broken = allLines.map(judgeImport).filter((sentence) => sentence !== undefined);
  expect(broken).toEqual([]);
});

test('the lines are really read', () => {
  expect(sources.length).toBeGreaterThan(20);
  expect(allLines.length).toBeGreaterThan(sources.length);
});

test.each([
  ['src/data/shard.ts', "import { Supervisor } from '../control/shards/supervisor.ts';", 'src/table'],
  ['src/data/shard.ts', "import { z } from 'zod';", 'src/settings'],
  ['src/data/listen/node/listener.ts', "import fast from 'fast-lib';", 'node built-in'],
  ['src/control/pipeline.ts', "import { Shard } from '../data/shard.ts';", 'src/table'],
  ['src/control/pipeline.ts', "const { Shard } = await import('../data/shard.ts');", 'src/table'],
  ['src/control/admin/server.ts', "import pino from 'pino';", 'move it to src/observe'],
  ['src/control/translate/translate.ts', "import { readFileSync } from 'node:fs';", 'values in, values out'],
  ['src/control/translate/translate.ts', "import type { Log } from '../../observe/log.ts';", 'values in, values out'],
  ['src/control/compile/compile.ts', "import { systemClock } from '../../base/clock.ts';", 'values in, values out'],
  ['src/model/objects.ts', "import { x } from '../table/shard-words.ts';", 'nouns know nothing'],
  ['src/table/shard-words.ts', "import { silentLog } from '../observe/log.ts';", 'bytes and messages only'],
  ['src/base/clock.ts', "export { refText } from '../model/refusal.ts';", 'no proxy nouns'],
  ['src/worker.ts', "import '../src/settings.ts';", 'wires one shard'],
  ['src/stray/file.ts', "import 'node:fs';", 'stands in no room'],
])('%s with %s is refused and told where to go', (file, code, advice) => {
  const [sentence] = judge(file, code);
  expect(sentence).toContain(advice);
});

test('type-only imports pass where the table says so', () => {
  expect(judge('src/table/shard-messages.ts', "import type { LogLevel } from '../observe/log.ts';")).toEqual([
    undefined,
  ]);
  expect(judge('src/control/compile/compile.ts', "import type { Dice } from '../../base/dice.ts';")).toEqual([
    undefined,
  ]);
});

test('import lines over several lines, re-exports and comments are understood', () => {
  const code =
    "/** import x from 'zod' */\nimport {\n  a,\n  b,\n} from '../data/a.ts';\n// import 'pino'\nexport * from 'yaml';";
  expect(importLines('src/control/x.ts', code).map((line) => line.target)).toEqual(['../data/a.ts', 'yaml']);
});
