// `npm run coverage [-- FILTER…]`: runs the tests and prints the line coverage of src, everything counted: what vitest
// runs itself, the worker threads of the tests, and the real program with its shards in processes of its own.
//
//   vitest processes ── coverage-setup.mjs ──► of-vitest/   offsets of transformed modules ─ source maps ─┐
//   worker threads, the program ── NODE_V8_COVERAGE ──► of-children/   offsets of the files ──────────────┴─ c8 ─► merge
//
// The two kinds are turned into lines apart, because the same file has other offsets in each. Branches of the readers are
// counted by `reader-coverage.mjs`, in a run of its own. Ends with 1 when a test fails, when all of src or src/data alone
// is below 90 %, or when a way through a reader is not taken.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire, stripTypeScriptTypes } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startVitest } from 'vitest/node';

const LEAST_PERCENT = 90;
/** What vitest puts around a module, and what it makes of an import line. */
const WRAPPED = '=>{{';
const IMPORTS = /__vite_ssr_(dynamic_)?import__\(/;
/** What is measured runs slower; floods of these sizes pass through all their lines. Fuzzers judge a tenth as often. */
const sizes = {
  KOMAINU_SOAK_REQUESTS: '20000',
  KOMAINU_STALE_REQUESTS: '10000',
  KOMAINU_ABORTS: '10000',
  KOMAINU_BODY_MIB: '128',
  KOMAINU_FUZZ_SCALE: '0.1',
};

const root = dirname(dirname(import.meta.dirname));
const folder = join(root, 'coverage');
const taken = join(folder, 'taken');
const ofVitest = join(folder, 'of-vitest');
const ofChildren = join(folder, 'of-children');

// Its libraries are those of c8.
const requireC8 = createRequire(createRequire(import.meta.url).resolve('c8'));

rmSync(folder, { recursive: true, force: true });
for (const one of [taken, ofVitest, ofChildren]) mkdirSync(one, { recursive: true });
process.env.COVERAGE_ROOT = root;
process.env.COVERAGE_OF_VITEST = taken;
process.env.COVERAGE_OF_CHILDREN = ofChildren;
for (const [name, size] of Object.entries(sizes)) process.env[name] ??= size;

/** Files that were edited while the tests ran: what vitest ran of them cannot be placed any more. */
const changed = new Set();

const vitest = await startVitest('test', process.argv.slice(2), {
  watch: false,
  setupFiles: [join(import.meta.dirname, 'coverage-setup.mjs')],
  testTimeout: 300_000,
  hookTimeout: 300_000,
});
const failed = vitest.state.getCountOfFailedTests() > 0 || vitest.state.getUnhandledErrors().length > 0;
for (const name of readdirSync(taken)) await convert(vitest.projects[0].vite.environments.__vitest__, name);
await vitest.close();

const { createCoverageMap } = requireC8('istanbul-lib-coverage');
const map = createCoverageMap();
map.merge(linesOf(ofVitest));
map.merge(linesOf(ofChildren, '--all', '--src', join(root, 'src')));
map.filter((file) => hasCode(readFileSync(file, 'utf8')));
printTable(map);
for (const url of changed) console.log(`${url} changed during the run; what vitest ran of it is not counted`);
const readers = join(import.meta.dirname, 'reader-coverage.mjs');
const { status } = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', readers], {
  stdio: 'inherit',
  env: { ...process.env, NODE_V8_COVERAGE: '' },
});
process.exitCode = isEnough(map) && !failed && status === 0 ? 0 : 1;

/** Offsets into what vitest ran → offsets into the transformed module, with its source map beside them. */
async function convert(environment, name) {
  const scripts = JSON.parse(readFileSync(join(taken, name), 'utf8'));
  const cache = {};
  const result = [];
  for (const { source, ...script } of scripts) {
    const { code, map: sourceMap } = await environment.transformRequest(fileURLToPath(script.url));
    const at = source.indexOf(WRAPPED) + WRAPPED.length;
    const lines = source.slice(at).split('\n').slice(0, code.split('\n').length);
    if (!isSame(lines, code.split('\n'))) {
      changed.add(script.url);
      continue;
    }
    const lineLengths = lines.map((line) => line.length);
    const length = lineLengths.reduce((sum, one) => sum + one + 1, -1);
    cache[script.url] = { lineLengths, data: sourceMap, url: null };
    result.push({ ...script, functions: script.functions.map((one) => moved(one, at, length)) });
  }
  writeFileSync(join(ofVitest, name), JSON.stringify({ result, 'source-map-cache': cache }));
}

/** Line by line; only how an import names its module may differ. */
function isSame(run, transformed) {
  const last = run.length - 1;
  return transformed.every((line, i) => {
    if (run[i] === line || (i === last && run[i].startsWith(line))) return true;
    return IMPORTS.test(run[i]) && IMPORTS.test(line);
  });
}

function moved(one, at, end) {
  const within = (offset) => Math.min(end, Math.max(0, offset - at));
  const ranges = one.ranges.map((range) => ({
    ...range,
    startOffset: within(range.startOffset),
    endOffset: within(range.endOffset),
  }));
  return { ...one, ranges };
}

/** c8's own reading of one folder of V8 coverage, by lines. */
function linesOf(temporary, ...flags) {
  const reports = `${temporary}-lines`;
  const c8 = join(dirname(createRequire(import.meta.url).resolve('c8/package.json')), 'bin', 'c8.js');
  const args = ['report', '--temp-directory', temporary, '--reports-dir', reports, '--reporter', 'json'];
  execFileSync(process.execPath, [c8, ...args, '--include', 'src/**', '--exclude', '**/*.md', ...flags], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return JSON.parse(readFileSync(join(reports, 'coverage-final.json'), 'utf8'));
}

/** Types alone leave nothing to run: such a file has no lines to cover. */
function hasCode(text) {
  const code = stripTypeScriptTypes(text).replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
  return /[^\s;]/.test(code);
}

/** Every file with its share of lines, and the lines that no test ran. */
function printTable(coverageMap) {
  for (const file of coverageMap.files().sort()) {
    const coverage = coverageMap.fileCoverageFor(file);
    const share = coverage.toSummary().data.lines.pct.toFixed(1).padStart(6);
    console.log(`${share} %  ${file.slice(root.length + 1).padEnd(52)} ${rangesOf(coverage.getUncoveredLines())}`);
  }
}

/** `3-7 12` */
function rangesOf(lines) {
  const ranges = [];
  for (const line of lines.map(Number)) {
    const last = ranges.at(-1);
    if (last !== undefined && line === last[1] + 1) last[1] = line;
    else ranges.push([line, line]);
  }
  return ranges.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(' ');
}

function isEnough(coverageMap) {
  const places = [join(root, 'src'), join(root, 'src', 'data')];
  const shares = places.map((place) => shareOf(coverageMap, place));
  for (const [i, share] of shares.entries()) {
    console.log(`${places[i].slice(root.length + 1)}: ${share.toFixed(2)} % of lines (at least ${LEAST_PERCENT} %)`);
  }
  return shares.every((share) => share >= LEAST_PERCENT);
}

function shareOf(coverageMap, place) {
  let total = 0;
  let covered = 0;
  for (const file of coverageMap.files()) {
    if (!file.startsWith(`${place}/`)) continue;
    const { lines } = coverageMap.fileCoverageFor(file).toSummary().data;
    total += lines.total;
    covered += lines.covered;
  }
  return (100 * covered) / total;
}
