/** Who may import whom under `src`: one table, one judge. `test/unit/import-lines.test.ts` reads the lines. */

export interface ImportLine {
  /** Below the project's folder, with slashes: `src/data/shard.ts`. */
  readonly file: string;
  /** As written: `node:net`, `zod`, `../model/failures.ts`. */
  readonly target: string;
  /** Leaves nothing behind at run time. */
  readonly typeOnly: boolean;
}

interface Room {
  readonly name: string;
  /** Rooms it may import; `X (types)` allows `import type` alone. */
  readonly may: readonly string[];
  /** Node built-ins it may import. */
  readonly node: 'all' | readonly string[];
  /** What to do instead of an import that is not allowed. */
  readonly instead: string;
}

const PURE = 'values in, values out: pass the clock, the dice and the log in, and do I/O in src/control';

/** The room of a file is the one with the longest name that its path begins with. */
const rooms: readonly Room[] = [
  {
    name: 'src/model',
    may: [],
    node: [],
    instead: 'nouns know nothing: move what needs more to src/table, src/control or src/data',
  },
  { name: 'src/base', may: [], node: 'all', instead: 'no proxy nouns here: move it to src/control or src/data' },
  {
    name: 'src/table',
    may: ['src/model', 'src/base', 'src/observe (types)'],
    node: ['node:buffer'],
    instead: 'bytes and messages only: move it to src/control or src/data',
  },
  {
    name: 'src/observe',
    may: ['src/model', 'src/table', 'src/base'],
    node: 'all',
    instead: 'both floors use it: move it to src/control or src/data',
  },
  {
    name: 'src/data',
    may: ['src/table', 'src/model', 'src/base', 'src/observe'],
    node: 'all',
    instead: 'meet the main thread in src/table (bytes, messages) or src/model (nouns)',
  },
  {
    name: 'src/worker.ts',
    may: ['src/data', 'src/table', 'src/model', 'src/base', 'src/observe'],
    node: 'all',
    instead: 'it wires one shard: meet the main thread in src/table or src/model',
  },
  {
    name: 'src/control',
    may: [
      'src/control/translate',
      'src/control/compile',
      'src/table',
      'src/model',
      'src/base',
      'src/observe',
      'src/settings (types)',
    ],
    node: 'all',
    instead: 'meet the shards in src/table (bytes, messages) or src/model (nouns); wire it in src/main.ts',
  },
  {
    name: 'src/control/translate',
    may: ['src/model', 'src/control/object-reader.ts', 'src/base/slices.ts'],
    node: [],
    instead: PURE,
  },
  {
    name: 'src/control/compile',
    may: ['src/model', 'src/table', 'src/base/slices.ts', 'src/base/differences.ts', 'src/base/dice.ts (types)'],
    node: [],
    instead: PURE,
  },
  {
    name: 'src/settings',
    may: ['src/model', 'src/base', 'src/observe (types)'],
    node: 'all',
    instead:
      'settings are read before anything runs: use it where the setting is needed, in src/main.ts or src/control',
  },
  {
    name: 'src/main.ts',
    may: [
      'src/control',
      'src/control/translate',
      'src/control/compile',
      'src/settings',
      'src/table',
      'src/model',
      'src/base',
      'src/observe',
    ],
    node: 'all',
    instead: 'it wires the main thread: shards are reached by the URL of src/worker.ts',
  },
  {
    name: 'src/cli',
    may: [
      'src/main.ts',
      'src/control',
      'src/control/translate',
      'src/control/compile',
      'src/data',
      'src/settings',
      'src/table',
      'src/model',
      'src/base',
      'src/observe',
    ],
    node: 'all',
    instead: 'src/worker.ts is started by its URL, never imported',
  },
];

/** The homes of a library: rooms, folders or files. */
const libraries: Readonly<Record<string, readonly string[]>> = {
  pino: ['src/observe'],
  yaml: ['src/control/sources/folder', 'src/control/cluster', 'src/settings'],
  zod: ['src/settings', 'src/control/sources/admit'],
  undici: ['src/control/cluster'],
  '@kubernetes/client-node': ['src/control/cluster'],
};

/** A sentence when the line breaks a rule. */
export function judgeImport(line: ImportLine): string | undefined {
  const room = roomOf(line.file);
  if (room === undefined)
    return `${line.file} stands in no room: move it to one of ${rooms.map((one) => one.name).join(', ')}`;
  if (line.target.startsWith('node:')) return judgeBuiltIn(line, room);
  if (line.target.startsWith('.')) return judgeOwn(line, room);
  return judgeLibrary(line);
}

const isIn = (path: string, place: string): boolean =>
  path === place || path === `${place}.ts` || path.startsWith(`${place}/`);

function roomOf(path: string): Room | undefined {
  const fitting = rooms.filter((room) => isIn(path, room.name));
  return fitting.sort((a, b) => b.name.length - a.name.length)[0];
}

function judgeBuiltIn({ file, target }: ImportLine, room: Room): string | undefined {
  if (room.node === 'all' || room.node.includes(target)) return undefined;
  return `${file} may not import ${target}: ${room.instead}`;
}

function judgeOwn({ file, target, typeOnly }: ImportLine, room: Room): string | undefined {
  const path = resolvePath(file, target);
  const there = roomOf(path);
  if (there === room) return undefined;
  if (there === undefined) return `${file} may not import ${target}: there is no such room`;
  const allowed = room.may.some((one) => {
    const [place, types] = one.split(' ');
    return (types === undefined || typeOnly) && (place === there.name || place === path);
  });
  return allowed ? undefined : `${file} may not import ${path}: ${room.instead}`;
}

function judgeLibrary({ file, target }: ImportLine): string | undefined {
  const name = target
    .split('/')
    .slice(0, target.startsWith('@') ? 2 : 1)
    .join('/');
  const homes = Object.hasOwn(libraries, name) ? libraries[name] : [];
  if (homes.some((home) => isIn(file, home))) return undefined;
  if (homes.length === 0)
    return `${file} may not import ${name}: it has no home under src; use a node built-in, or give it one in the table`;
  return `${file} may not import ${name}: move it to ${homes.join(' or ')}`;
}

/** `src/data/a.ts` and `../model/b.ts` → `src/model/b.ts` */
function resolvePath(file: string, target: string): string {
  return new URL(target, `file:///${file}`).pathname.slice(1);
}

const WHOLE = /\b(import|export)\s+(type\s+)?(?:[\w*{][^'";]*?)from\s*['"]([^'"]+)['"]/g;
const BARE = /\bimport\s*['"]([^'"]+)['"]/g;
const DYNAMIC = /\bimport\s*\(\s*['"`]([^'"`]+)['"`]/g;

/** Every static and dynamic import and re-export of one source text. */
export function importLines(file: string, text: string): ImportLine[] {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
  const lines: ImportLine[] = [];
  for (const [, , types, target] of code.matchAll(WHOLE)) lines.push({ file, target, typeOnly: types !== undefined });
  for (const [, target] of code.matchAll(BARE)) lines.push({ file, target, typeOnly: false });
  for (const [, target] of code.matchAll(DYNAMIC)) lines.push({ file, target, typeOnly: false });
  return lines;
}
