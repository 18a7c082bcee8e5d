// `emerging study`: compares variants of a model over seeds, from a YAML file to a report.
import { basename, extname, join } from 'node:path';
import type { Command } from 'commander';
import { readTextFile, requireExists } from '../../../data/files/index.node.ts';
import { readYaml } from '../../../runs/settings/yaml.ts';
import { parseStudy, reportMarkdown, runStudy, type StudyEvents } from '../../../training/study/index.ts';
import {
  addEngineOptions,
  compileOptions,
  type EngineOptions,
  parseMinutes,
  timeLimit,
} from '../parts/options.ts';
import { untilInterrupted } from '../terminal/interruption.ts';
import { writeStdout } from '../terminal/output.ts';
import { phaseBars } from '../terminal/progress.ts';
import { addStepOptions, type StepOptions } from '../training/stepOptions.ts';

interface StudyCommandOptions extends EngineOptions, StepOptions {
  readonly out?: string;
  readonly resume?: true;
  readonly minutes?: number;
  readonly json?: true;
}

/** The unit of the progress bar in each phase. */
const units = { training: 'steps', timing: 'rounds', testing: 'images' } as const;

/** Adds the arguments and options of `study`, and what it does. */
export function registerStudy(command: Command): void {
  command
    .argument('<file>', 'the study, in YAML')
    .option('--out <dir>', 'the folder of the study (default: studies/NAME after the file)')
    .option('--resume', 'continue a study that was stopped: finished trainings are kept')
    .option('--minutes <n>', 'stop after n minutes, to be continued with --resume', parseMinutes)
    .option('--json', 'print the report as JSON on stdout');
  addStepOptions(addEngineOptions(command))
    .addHelpText(
      'after',
      '\nExample:\n  emerging study mixings.yaml\n\nA file mixings.yaml:\n' +
        '  base: { preset: mnist-quickstart, training: { steps: 800, warmupSteps: 80 } }\n' +
        '  seeds: [0, 1, 2]\n' +
        '  grid:\n' +
        '    model.mixing: [1x1, emerging]\n' +
        '    training.learningRate: { search: [0.0005, 0.03] }\n' +
        '\nThe folder gets report.md, report.json, report.csv, plots and a run for each training. Ctrl-C stops after the\n' +
        'current step; the same command with --resume continues. Parts of your own: --import MODULE. docs/studies.md\n' +
        'describes the file and the report.',
    )
    .action((file: string, options: StudyCommandOptions) => studyFile(file, options));
}

async function studyFile(file: string, options: StudyCommandOptions): Promise<void> {
  requireExists(file);
  const { definition } = readYaml(readTextFile(file), parseStudy);
  const folder = options.out ?? join('studies', basename(file, extname(file)));
  const engine = await compileOptions(options);
  const { activations, workers, resume } = options;
  const bars = phaseBars();
  const events: StudyEvents = {
    onTraining: bars.note,
    onNote: bars.note,
    onProgress: (phase, done, total) => bars.show(phase, done, total, units[phase]),
  };
  const limit = options.minutes === undefined ? [] : [timeLimit(options.minutes)];
  const report = await untilInterrupted(
    () => bars.note('stopping after this step; press Ctrl-C again to stop at once'),
    (signal) =>
      runStudy(definition, folder, {
        ...engine,
        ...{ activations, workers, resume, events },
        signal: AbortSignal.any([signal, ...limit]),
      }),
  ).finally(bars.finish);
  writeStdout(
    options.json
      ? `${JSON.stringify({ complete: report !== undefined, folder, ...report })}\n`
      : report
        ? `${reportMarkdown(report)}\nreport: ${join(folder, 'report.md')}\n`
        : 'the study is not done; the same command with --resume continues it\n',
  );
}
