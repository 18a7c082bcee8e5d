// Compares variants of a model over seeds, at equal steps and equal seconds.
//
//   npx tsx bench/study.ts my-study.yaml
//   npx tsx bench/study.ts docs/results/mnist.json    # the study of these results
//
// Runs and results.json are in runs/study/NAME. Ctrl-C stops it; the same command resumes.
import { join } from 'node:path';
import { Command } from 'commander';
import { reportFailure } from '../src/app/cli/terminal/failure.ts';
import { formatCount, formatCounted } from '../src/app/cli/terminal/format.ts';
import { type Interruption, listenForInterruption } from '../src/app/cli/terminal/interruption.ts';
import { checkImages } from './study/images.ts';
import { writeJson } from './study/jsonFile.ts';
import { perform } from './study/perform.ts';
import { countOpenRuns, unitsOf } from './study/plan.ts';
import { readStudies } from './study/readStudies.ts';
import { reportText } from './study/report.ts';
import { resultsOf } from './study/results.ts';
import { type Study, studyFolder } from './study/studies.ts';
import { timeBudget } from './study/timeBudget.ts';
import { timeStudy } from './study/timings.ts';

interface Options {
  readonly report?: true;
  readonly threads?: string;
  readonly runs: string;
}

const command = new Command('study')
  .description('compare models over seeds, with intervals; Ctrl-C stops it, the same command resumes it')
  .argument('<file>', 'studies in YAML, or the results of a study')
  .option('--report', 'print the results so far and exit')
  .option('--threads <n>', 'threads of a training (default: one per core); does not change its steps')
  .option('--runs <dir>', 'where runs are stored', 'runs/study')
  .configureOutput({ outputError: () => {} })
  .exitOverride();

try {
  await command.parseAsync();
  await main(command.processedArgs[0], command.opts<Options>());
} catch (error) {
  process.exitCode = reportFailure(error);
}

async function main(file: string, options: Options): Promise<void> {
  const studies = readStudies(file);
  if (options.report) {
    report(studies, options);
    return;
  }
  // It waits for processes in separate groups, which closing the terminal does not end.
  const interruption = listenForInterruption(() => {}, { hangUp: true });
  try {
    await run(studies, options, interruption);
  } catch (error) {
    const { signal } = interruption;
    if (!signal.aborted || error !== signal.reason) {
      throw error;
    }
    process.stderr.write('stopped; run the same command to resume\n');
    process.exitCode = interruption.exitCode();
  }
}

async function run(studies: readonly Study[], options: Options, interruption: Interruption): Promise<void> {
  const { runs: root, threads } = options;
  for (const study of studies) {
    await timeBudget(root, study, await checkImages(study), interruption);
  }
  const units = unitsOf(studies);
  const training = threads === undefined ? [] : ['--threads', threads];
  for (const unit of units) {
    await perform(unit, { root, training, interruption }, ({ directory, steps, rate }) => {
      const openRuns = formatCounted(countOpenRuns(units, root), 'run');
      process.stderr.write(`${directory}: ${formatCount(steps!)} steps at rate ${rate} · ${openRuns} left\n`);
    });
  }
  for (const study of studies) {
    await timeStudy(root, study, interruption);
  }
  report(studies, options);
}

function report(studies: readonly Study[], { runs: root }: Options): void {
  for (const study of studies) {
    const results = resultsOf(root, study);
    if (results === null) {
      process.stderr.write(`${study.name}: no run at the best learning rate is finished yet\n`);
    } else {
      const file = join(studyFolder(root, study), 'results.json');
      writeJson(file, results, 1);
      process.stdout.write(`${reportText(results)}\n\nresults: ${file}\n`);
    }
  }
}
