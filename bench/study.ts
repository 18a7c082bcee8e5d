// Measures the paper's claim: compares variants on several datasets, over seeds, at equal steps and equal
// seconds.
//
//   npx tsx bench/study.ts --list
//   npx tsx bench/study.ts --only mnist-small --hours 0.2
//   npx tsx bench/study.ts --paper
//
// Runs are in runs/study/NAME, results in docs/results. Ctrl-C stops it; the same command resumes.
import { Command, InvalidArgumentError } from 'commander';
import { reportFailure } from '../src/cli/terminal/failure.ts';
import { formatCount, formatDuration } from '../src/cli/terminal/format.ts';
import { type Interruption, listenForInterruption } from '../src/cli/terminal/interruption.ts';
import { UserError } from '../src/errors.ts';
import { listText, planText } from './study/listing.ts';
import { measurePaperRates } from './study/paperRates.ts';
import { paperPresets, writePaperTable } from './study/paperTable.ts';
import { perform } from './study/perform.ts';
import { costsOf, fit, type PlannedUnit, plannedSeconds, unitsOf } from './study/plan.ts';
import { prepareData } from './study/prepareData.ts';
import { measureRates } from './study/rates.ts';
import { readStudies } from './study/readStudies.ts';
import { writeReport } from './study/report.ts';
import { resultsOf } from './study/results.ts';
import { retimed } from './study/retime.ts';
import { timeSamplingOf } from './study/sampling.ts';
import { timeStepsOf } from './study/stepTimes.ts';
import { chooseStudies, type Study } from './study/studies.ts';
import { timeBudget } from './study/timeBudget.ts';
import { runsToTime } from './study/timedRuns.ts';

interface Options {
  readonly list?: true;
  readonly plan?: true;
  readonly report?: true;
  readonly retime?: true;
  readonly paper?: true;
  readonly only?: string[];
  readonly hours?: number;
  readonly threads?: string;
  readonly studies?: string;
  readonly runs: string;
  readonly results: string;
}

const command = new Command('study')
  .description('compare models over seeds, with intervals; Ctrl-C stops it, the same command resumes it')
  .option('--list', 'list the studies and their progress')
  .option('--only <name,…>', 'these studies (default: all)', (text) => text.split(','))
  .option('--hours <n>', 'skip work that does not fit in n hours (default: no limit)', hours)
  .option('--plan', 'show the plan and exit')
  .option('--report', 'write the results so far and exit')
  .option('--retime', 'time the steps again for stored results, even without their runs, and exit')
  .option('--paper', "write the paper's table, with estimated hours for each row, and exit")
  .option('--threads <n>', 'threads of a training (default: one per core); does not change its steps')
  .option('--studies <file>', 'YAML file of studies, instead of the built-in ones')
  .option('--runs <dir>', 'where runs are stored', 'runs/study')
  .option('--results <dir>', 'where results are written', 'docs/results')
  .addHelpText(
    'after',
    '\nExample:\n  npx tsx bench/study.ts --only mnist-small --hours 0.2\n' +
      '\nWork that does not fit in the hours is skipped one seed at a time, for all models of a table. The number of\n' +
      'steps never changes, and work that has started is finished.',
  )
  .configureOutput({ outputError: () => {} })
  .exitOverride();

try {
  await command.parseAsync();
  await main(command.opts<Options>());
} catch (error) {
  process.exitCode = reportFailure(error);
}

async function main(options: Options): Promise<void> {
  const studies = chooseStudies(readStudies(options.studies), options.only);
  if (options.list) {
    process.stdout.write(`${listText(studies, options.runs)}\n`);
    return;
  }
  if (options.report) {
    await report(studies, options);
    return;
  }
  // It waits for processes in separate groups, which closing the terminal does not end.
  const interruption = listenForInterruption(() => {}, { hangUp: true });
  try {
    await workOf(options)(studies, options, interruption);
  } catch (error) {
    const { signal } = interruption;
    if (!signal.aborted || error !== signal.reason) {
      throw error;
    }
    process.stderr.write('stopped; run the same command to resume\n');
    process.exitCode = interruption.exitCode();
  }
}

/** The work that the options request. */
function workOf(options: Options): typeof run {
  return options.paper ? paper : options.retime ? retime : run;
}

async function run(studies: readonly Study[], options: Options, interruption: Interruption): Promise<void> {
  const { runs: root } = options;
  const ready = await readyStudies(studies, root, interruption);
  const units = unitsOf(studies);
  const began = performance.now();
  const budget = options.hours === undefined ? null : 3600 * options.hours;
  const planNow = (): PlannedUnit[] => {
    const left = budget === null ? null : budget - (performance.now() - began) / 1000;
    return fit(
      costsOf(units, root, (study, variant) => ready.get(study)!(variant)),
      left,
    );
  };
  const plan = planNow();
  (options.plan ? process.stdout : process.stderr).write(`${planText(plan)}\n`);
  if (options.plan) {
    return;
  }
  requireTaken(plan);
  let planned = plan;
  for (;;) {
    const next = planned.find(({ status }) => status === 'taken');
    if (next === undefined) {
      break;
    }
    const training = options.threads === undefined ? [] : ['--threads', options.threads];
    await perform(next.unit, { root, training, interruption }, (each) => {
      const left = plannedSeconds(planNow());
      process.stderr.write(
        `${each.directory}: ${formatCount(each.steps!)} steps at rate ${each.rate} · ${formatDuration(left)} of the plan remaining\n`,
      );
    });
    await report([next.unit.study], options);
    planned = planNow();
  }
  for (const study of studies) {
    await timeStepsOf(root, study, runsToTime(root, study), interruption);
    await timeSamplingOf(root, study, runsToTime(root, study), interruption);
  }
  await report(studies, options);
  const skipped = planned.filter(({ status }) => status === 'skipped');
  if (skipped.length > 0) {
    process.stderr.write(`${skipped.length} seeds were skipped because they do not fit in the hours\n`);
  }
}

/** @throws UserError if there is work to do but none of it fits */
function requireTaken(plan: readonly PlannedUnit[]): void {
  const [first] = plan;
  if (first !== undefined && plan.every(({ status }) => status === 'skipped')) {
    throw new UserError(
      'invalid-argument',
      `nothing fits in these hours: the first unit takes ${formatDuration(first.seconds)} at measured speeds`,
    );
  }
}

/** Prepares the images and measures the speed of every model. */
async function readyStudies(
  studies: readonly Study[],
  root: string,
  interruption: Interruption,
): Promise<Map<Study, Awaited<ReturnType<typeof measureRates>>>> {
  const ready = new Map<Study, Awaited<ReturnType<typeof measureRates>>>();
  for (const study of studies) {
    const images = await prepareData(study, interruption);
    await timeBudget(root, study, images.imageShape, interruption);
    ready.set(study, await measureRates(root, study, images, interruption));
  }
  return ready;
}

async function retime(
  studies: readonly Study[],
  { results: folder, studies: file }: Options,
  interruption: Interruption,
): Promise<void> {
  for (const study of studies) {
    const results = await retimed(folder, study, interruption);
    process.stderr.write(
      results === null
        ? `${study.name}: no results in ${folder}\n`
        : `results: ${await writeReport(folder, results, file)}\n`,
    );
  }
}

/** The table includes what was timed before a stop. */
async function paper(
  _: readonly Study[],
  { results: folder }: Options,
  interruption: Interruption,
): Promise<void> {
  try {
    await measurePaperRates(folder, paperPresets(), interruption);
  } finally {
    process.stderr.write(`results: ${writePaperTable(folder)}\n`);
  }
}

async function report(
  studies: readonly Study[],
  { runs, results: folder, studies: file }: Options,
): Promise<void> {
  for (const study of studies) {
    const results = resultsOf(runs, study);
    process.stderr.write(
      results === null
        ? `${study.name}: nothing to report: no run at the best learning rate is finished yet\n`
        : `results: ${await writeReport(folder, results, file)}\n`,
    );
  }
}

function hours(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value <= 0) {
    throw new InvalidArgumentError('It must be a number above 0.');
  }
  return value;
}
