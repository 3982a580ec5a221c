// Adds up vitest's JSON results and prints the totals alone on the last line. A skip on CI is a failure.
import { readFileSync } from 'node:fs';

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
}
console.log(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`);
const skipIsFailure = process.env.CI === 'true' && sum.skipped > 0;
process.exit(sum.failed > 0 || sum.passed === 0 || skipIsFailure ? 1 : 0);
