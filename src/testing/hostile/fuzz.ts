// `npm run fuzz`: feeds randomly damaged files to the commands that read them, until the time is up. A command must
// work or refuse in one line, within limits, and change nothing else. Failures are kept.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { wholeNumber } from '../../cli/parts/options.ts';
import { RandomStream } from '../../numeric/random.ts';
import { breachOf, commandLimits } from './contract.ts';
import { formatsOf } from './fuzzing/formats.ts';
import { Report } from './fuzzing/report.ts';
import { commandScript, makeWorkplace, Place } from './fuzzing/workplace.ts';
import { runInLimits } from './inLimits.ts';
import { oneOf } from './mutations/choice.ts';
import { changeOutside, makeOutside } from './outside.ts';

interface FuzzOptions {
  readonly minutes: number;
  readonly seed: number;
  readonly only?: string;
  readonly input?: number;
  readonly keep: string;
}

const options = new Command('fuzz')
  .option('--minutes <n>', 'how long to run', wholeNumber(1), 60)
  .option('--seed <n>', 'the seed of the damage; by default, from the clock', wholeNumber(0))
  .option('--only <format>', 'damage only this format')
  .addOption(new Option('--input <n>', 'try only this input of the seed').argParser(wholeNumber(0)))
  .option('--keep <folder>', 'where to keep failures', 'fuzz-findings')
  .parse()
  .opts<Partial<FuzzOptions> & Pick<FuzzOptions, 'minutes' | 'keep'>>();
const { minutes, keep, only, input, seed = Math.floor(Date.now() / 1000) } = options;

/** Commands per process: starting one takes seconds. */
const BATCH = 150;

const folder = mkdtempSync(join(tmpdir(), 'emerging-fuzz-'));
process.stderr.write(`seed ${seed}; training tiny models to damage\n`);
const workplace = await makeWorkplace(folder);
const formats = formatsOf(workplace);
if (only !== undefined && !Object.hasOwn(formats, only)) {
  throw new Error(`unknown format ${only}: known: ${Object.keys(formats).join(', ')}`);
}
const report = new Report(seed, keep);
mkdirSync(keep, { recursive: true });

/** Makes the input of a number, which doesn't depend on other inputs. */
function make(number: number) {
  const random = new RandomStream(seed, 'fuzz', number);
  const drawn = oneOf(random, Object.keys(formats));
  const format = only ?? drawn;
  const place = new Place(workplace, join(folder, 'inputs', String(number)));
  makeOutside(place.outside);
  return { number, format, place, ...formats[format]!(place, random, workplace) };
}

async function tryInputs(numbers: readonly number[]): Promise<void> {
  const inputs = numbers.map(make);
  const outcomes = await runInLimits(
    commandScript,
    inputs.map(({ args, place: { cwd } }) => ({ args, cwd })),
    commandLimits,
  );
  outcomes.forEach((outcome, index) => {
    const { number, format, what, place, judge } = inputs[index]!;
    const failure = breachOf(outcome) ?? changeOutside(place.outside) ?? judge?.(outcome);
    report.add({ number, format, what, folder: place.folder, outcome, failure });
    if (input === undefined) {
      rmSync(place.folder, { recursive: true, force: true });
    } else {
      process.stdout.write(`${format}: ${what}\n${outcome.stdout}${outcome.stderr}in ${place.cwd}\n`);
    }
  });
}

const end = Date.now() + 60_000 * minutes;
let next = 0;
async function work(): Promise<void> {
  while (Date.now() < end) {
    next += BATCH;
    const first = next - BATCH;
    await tryInputs(Array.from({ length: BATCH }, (_, index) => first + index));
    const left = Math.max(0, Math.ceil((end - Date.now()) / 60_000));
    process.stderr.write(`${report.inputs} inputs, ${report.findings} distinct failures; ${left} min left\n`);
  }
}

if (input === undefined) {
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  rmSync(folder, { recursive: true });
} else {
  await tryInputs([input]);
}
await workplace.close();
process.stdout.write(`${report.table()}\nseed ${seed}\n`);
process.exitCode = report.findings > 0 ? 1 : 0;
