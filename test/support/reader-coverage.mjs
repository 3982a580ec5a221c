// `npm run coverage:readers`: every statement and both ways of every branch of the readers of strangers' bytes, by their
// unit tests alone. Ends with 1 and the places when one was never taken, or when a test fails.
//
// V8 counts blocks: an `if` without `else` whose condition always held, or a `switch` that never met its default, is whole
// to it. So the readers are instrumented here, and V8's count of lines over the whole program is left to `coverage.mjs`.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire, stripTypeScriptTypes } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { createInstrumenter } from 'istanbul-lib-instrument';
import { startVitest } from 'vitest/node';

const READERS = ['src/data/http1', 'src/data/listen/proxy-protocol'];
const TESTS = ['test/unit/data/http1', 'test/unit/data/listen/proxy-protocol'];

const root = dirname(dirname(import.meta.dirname));
const counted = mkdtempSync(join(tmpdir(), 'komainu-readers-'));
process.env.READER_COVERAGE = counted;

const instrumenter = createInstrumenter({ esModules: true, compact: false });
const isReader = (id) => READERS.some((folder) => id.startsWith(join(root, folder)) && id.endsWith('.ts'));

/** Types become spaces, so every position stays that of the file. */
const instrumentation = {
  name: 'instrument-readers',
  enforce: 'pre',
  transform: (code, id) => (isReader(id) ? instrumenter.instrumentSync(stripTypeScriptTypes(code), id) : undefined),
};

const vitest = await startVitest(
  'test',
  TESTS,
  { watch: false, setupFiles: [join(import.meta.dirname, 'reader-coverage-setup.mjs')] },
  { plugins: [instrumentation] },
);
const failed = vitest.state.getCountOfFailedTests() > 0 || vitest.state.getUnhandledErrors().length > 0;
await vitest.close();

const { createCoverageMap } = createRequire(createRequire(import.meta.url).resolve('c8'))('istanbul-lib-coverage');
const map = createCoverageMap();
for (const name of readdirSync(counted)) map.merge(JSON.parse(readFileSync(join(counted, name), 'utf8')));
rmSync(counted, { recursive: true });

const missing = [...unseenFiles(), ...map.files().flatMap(placesOf)];
for (const line of missing) console.log(line);
const { statements, branches } = map.getCoverageSummary().data;
console.log(
  `${READERS.join(', ')}: ${statements.covered} of ${statements.total} statements, ${branches.covered} of ${branches.total} branches`,
);
process.exitCode = missing.length > 0 || failed ? 1 : 0;

function unseenFiles() {
  const all = READERS.flatMap((folder) => readdirSync(join(root, folder)).map((name) => join(root, folder, name)));
  return all.filter((file) => !map.files().includes(file)).map((file) => `${relative(root, file)} was not loaded`);
}

function placesOf(file) {
  const { s, b, f, statementMap, branchMap, fnMap } = map.fileCoverageFor(file).toJSON();
  const at = ({ start }) => `${relative(root, file)}:${start.line}:${start.column + 1}`;
  return [
    ...Object.keys(s)
      .filter((key) => s[key] === 0)
      .map((key) => `${at(statementMap[key])} statement never run`),
    ...Object.keys(f)
      .filter((key) => f[key] === 0)
      .map((key) => `${at(fnMap[key].loc)} function never called`),
    ...Object.keys(b).flatMap((key) =>
      b[key].flatMap((count, way) =>
        count > 0
          ? []
          : [`${at(branchMap[key].loc)} ${branchMap[key].type}: way ${way + 1} of ${b[key].length} never taken`],
      ),
    ),
  ];
}
