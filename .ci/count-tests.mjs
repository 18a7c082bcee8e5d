// Counts the tests of vitest's JSON report: prints "PASSED FAILED" on stdout and what needs a word on stderr.
// node count-tests.mjs REPORT EXIT_STATUS
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';

const [report, exitStatus] = process.argv.slice(2);
const { testResults } = JSON.parse(readFileSync(report, 'utf8'));
let passed = 0;
let failed = 0;

function fail(what) {
  failed++;
  console.error(what);
}

for (const { name, status, message, assertionResults } of testResults) {
  const file = relative('', name);
  for (const { fullName, status: outcome } of assertionResults) {
    if (outcome === 'passed') {
      passed++;
    } else if (outcome === 'failed') {
      fail(`failed: ${file}: ${fullName}`);
    } else if (process.env.CI) {
      fail(`${outcome}, which counts as failed here: ${file}: ${fullName}`);
    }
  }
  if (status === 'failed' && !assertionResults.some((test) => test.status === 'failed')) {
    fail(`failed: ${file}: ${message}`);
  }
}
if (passed === 0 && failed === 0) {
  fail('failed: there are no tests');
}
if (exitStatus !== '0' && failed === 0) {
  fail(
    `failed: vitest ended with status ${exitStatus} though every test passed: an error outside of the tests`,
  );
}
console.log(passed, failed);
