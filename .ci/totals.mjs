// Adds up vitest's JSON results: names what failed and why, and prints the totals alone on the last line. A skip on CI
// is a failure.
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';

const LINES_OF_A_FAILURE = 12;

const sum = { passed: 0, failed: 0, skipped: 0 };
for (const file of process.argv.slice(2)) {
  const result = JSON.parse(readFileSync(file, 'utf8'));
  sum.passed += result.numPassedTests;
  // A file that cannot be loaded has no tests to fail: it counts as one.
  const brokenFiles = result.testResults.filter(
    (suite) => suite.status === 'failed' && suite.assertionResults.length === 0,
  );
  sum.failed += result.numFailedTests + brokenFiles.length;
  sum.skipped += result.numPendingTests + result.numTodoTests;
  for (const suite of result.testResults) tell(suite, brokenFiles.includes(suite));
}
console.log(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`);
const skipIsFailure = process.env.CI === 'true' && sum.skipped > 0;
process.exit(sum.failed > 0 || sum.passed === 0 || skipIsFailure ? 1 : 0);

function tell(suite, broken) {
  const name = relative(process.cwd(), suite.name);
  if (broken) console.log(`FAILED ${name}: ${firstLines(suite.message)}`);
  for (const { status, fullName, failureMessages } of suite.assertionResults) {
    if (status === 'failed') console.log(`FAILED ${name} > ${fullName}: ${firstLines(failureMessages.join('\n'))}`);
    else if (status !== 'passed') console.log(`SKIPPED ${name} > ${fullName}`);
  }
}

function firstLines(text) {
  return text.split('\n').slice(0, LINES_OF_A_FAILURE).join('\n  ');
}
