// `npm run fuzz`: tries to refute the properties with new cases until the time is up. A case that refutes one is printed
// shrunk, as a complete test, and kept in `golden/found`.
import { Command, Option } from 'commander';
import fc from 'fast-check';
import { parseMinutes, wholeNumber } from '../../app/cli/parts/options.ts';
import { keepCase } from './failures.ts';
import { properties } from './properties.ts';
import { type AnyProperty, caseToJson, topics } from './property.ts';

const command = new Command('fuzz')
  .option('--minutes <n>', 'how long to run', parseMinutes, 30)
  .addOption(new Option('--only <topic>', 'try the properties of one topic').choices(topics))
  .option('--match <text>', 'try the properties whose name has this text')
  .option(
    '--seed <n>',
    'the seed of the cases; by default, from the clock',
    wholeNumber(0),
    Math.floor(Date.now() / 1000),
  )
  .parse();
const { minutes, only, match, seed } = command.opts<{
  minutes: number;
  only?: string;
  match?: string;
  seed: number;
}>();

const tried = properties.filter(
  ({ topic, name }) => topic === (only ?? topic) && (match === undefined || name.includes(match)),
);
if (tried.length === 0) {
  command.error(
    `no property of ${only ?? 'any topic'} has '${match ?? ''}' in its name: ${properties.map(({ name }) => name).join(', ')}`,
    { exitCode: 2 },
  );
}
process.stderr.write(`seed ${seed}, ${tried.length} properties\n`);

/** Seconds that a property gets in each of its turns. */
const TURN_SECONDS = 5;
const end = performance.now() + 60_000 * minutes;
const cases = new Map(tried.map((property) => [property, 0]));
const seconds = new Map(tried.map((property) => [property, 0]));
const refuted = new Set<AnyProperty>();
for (let round = 0; performance.now() < end && refuted.size < tried.length; round++) {
  for (const property of tried.filter((one) => !refuted.has(one))) {
    if (performance.now() >= end) {
      break;
    }
    await takeTurn(property, seed + round);
    printProgress();
  }
}
process.stdout.write(
  `${tried.map((property) => `${thousands(cases.get(property)!)} cases, ${rate(property)}: ${property.topic}: ${property.name}\n`).join('')}${refuted.size} of ${tried.length} properties refuted; seed ${seed}\n`,
);
process.exitCode = refuted.size > 0 ? 1 : 0;

async function takeTurn(property: AnyProperty, turnSeed: number): Promise<void> {
  const start = performance.now();
  const result = await fc.check(
    fc.asyncProperty(property.cases, async (testCase) => {
      cases.set(property, cases.get(property)! + 1);
      await property.check(testCase);
    }),
    { seed: turnSeed, numRuns: Number.MAX_SAFE_INTEGER, interruptAfterTimeLimit: 1000 * TURN_SECONDS },
  );
  seconds.set(property, seconds.get(property)! + (performance.now() - start) / 1000);
  if (result.failed && result.counterexample !== null) {
    refuted.add(property);
    const [testCase] = result.counterexample;
    const file = keepCase(property, testCase);
    const error = result.errorInstance;
    process.stdout.write(
      `\n${property.topic}: refuted: ${property.name}\n${error instanceof Error ? error.message : String(error)}\n\n${pasteableTest(property, testCase)}\nkept in ${file}\n\n`,
    );
  }
}

/** A test that fails as the case did. */
function pasteableTest({ name }: AnyProperty, testCase: unknown): string {
  const quoted = JSON.stringify(name);
  return `import { test } from 'vitest';
import { properties } from './properties.ts';
import { caseFromJson } from './property.ts';

test(${quoted}, async () => {
  const property = properties.find(({ name }) => name === ${quoted})!;
  await property.check(caseFromJson(${JSON.stringify(caseToJson(testCase))}));
});
`;
}

function printProgress(): void {
  const total = [...cases.values()].reduce((sum, one) => sum + one, 0);
  const time = [...seconds.values()].reduce((sum, one) => sum + one, 0);
  process.stderr.write(
    `${thousands(total)} cases, ${(total / Math.max(time, 1e-3)).toFixed(1)} a second, ${refuted.size} refuted\n`,
  );
}

function rate(property: AnyProperty): string {
  return `${(cases.get(property)! / Math.max(seconds.get(property)!, 1e-3)).toFixed(1)} a second`;
}

function thousands(value: number): string {
  return value.toLocaleString('en');
}
