// Counts the tests of vitest's JSON reports: prints "PASSED FAILED" on stdout and what needs a word on stderr.
// node count-tests.mjs EXIT_STATUS REPORT…
// A test that several reports list ran in one of them and was left out of the others.
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';

const [exitStatus, ...reports] = process.argv.slice(2);
/** The outcomes of each test. */
const outcomes = new Map();
/** What failed outside of any test. */
const faults = new Set();

for (const report of reports) {
  /** How often each title has come: a file may use one twice. */
  const counts = new Map();
  for (const { name, status, message, assertionResults } of JSON.parse(readFileSync(report, 'utf8'))
    .testResults) {
    const file = relative('', name);
    for (const { fullName, status: outcome } of assertionResults) {
      const title = `${file}: ${fullName}`;
      const count = (counts.get(title) ?? 0) + 1;
      counts.set(title, count);
      const test = count === 1 ? title : `${title} (${count})`;
      outcomes.set(test, [...(outcomes.get(test) ?? []), outcome]);
    }
    if (status === 'failed' && !assertionResults.some((test) => test.status === 'failed')) {
      faults.add(`${file}: ${message}`);
    }
  }
}

const failures = [...faults].map((fault) => `failed: ${fault}`);
let passed = 0;
for (const [test, results] of outcomes) {
  if (results.includes('failed')) {
    failures.push(`failed: ${test}`);
  } else if (results.includes('passed')) {
    passed++;
  } else if (process.env.CI) {
    failures.push(`${results[0]}, which counts as failed here: ${test}`);
  }
}
if (outcomes.size === 0) {
  failures.push('failed: there are no tests');
}
if (exitStatus !== '0' && failures.length === 0) {
  failures.push(
    `failed: vitest ended with status ${exitStatus} though every test passed: an error outside of the tests`,
  );
}
for (const failure of failures) {
  console.error(failure);
}
console.log(passed, failures.length);
