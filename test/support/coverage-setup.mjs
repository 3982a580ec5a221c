// Loaded into every vitest process by `coverage.mjs`. vitest runs modules after a transformation of its own, so their
// offsets are not those of the files: coverage is taken here together with what was really run, and `coverage.mjs`
// finds the way back. Processes and worker threads that tests start run the files themselves; they write their coverage
// on their own, because they inherit NODE_V8_COVERAGE.
import { mkdirSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll } from 'vitest';

const { COVERAGE_OF_VITEST, COVERAGE_OF_CHILDREN, COVERAGE_ROOT } = process.env;
process.env.NODE_V8_COVERAGE = COVERAGE_OF_CHILDREN;

const sources = `${pathToFileURL(COVERAGE_ROOT)}/src/`;
const session = new Session();
session.connect();
const ask = (method, params) => {
  let answer;
  session.post(method, params, (error, result) => {
    if (error) throw new Error(`${method}: ${error.message}`);
    answer = result;
  });
  return answer;
};
ask('Profiler.enable');
ask('Profiler.startPreciseCoverage', { callCount: true, detailed: true });

afterAll(() => {
  const result = ask('Profiler.takePreciseCoverage').result.filter(({ url }) => url.startsWith(sources));
  ask('Debugger.enable');
  const scripts = result.map((script) => ({
    ...script,
    source: ask('Debugger.getScriptSource', { scriptId: script.scriptId }).scriptSource,
  }));
  ask('Debugger.disable');
  mkdirSync(COVERAGE_OF_VITEST, { recursive: true });
  writeFileSync(join(COVERAGE_OF_VITEST, `coverage-${process.pid}-${Date.now()}.json`), JSON.stringify(scripts));
});
