// `emerging runs`: lists the runs in a folder with their progress and results.
import { basename, join } from 'node:path';
import { type Command, Option } from 'commander';
import { UserError, visibleText } from '../../../core/errors.ts';
import { isFolder } from '../../../data/files/index.node.ts';
import { unitNamed } from '../../../flows/models/index.ts';
import { changesText } from '../../../runs/contents/index.ts';
import { troubleText } from '../../../runs/contents/stored.ts';
import { countUnreadableNames, isRunFolder, listRunFolders } from '../../../runs/folder/index.ts';
import { configReader, type RunOverview, runOverview } from '../../../training/reports/index.ts';
import { csvText, formatCount, formatCounted, formatRate } from '../terminal/format.ts';
import { noteOnStderr, writeStdout } from '../terminal/output.ts';
import { createProgress } from '../terminal/progress.ts';
import { formatTable, right } from '../terminal/table.ts';
import { shellWord } from '../terminal/wording.ts';

/** From this many runs on, a bar shows the progress. */
const MANY = 500;

/** Adds the arguments and options of `runs`, and what it does. */
export function registerRuns(command: Command): void {
  command
    .argument('[dir]', 'the folder that contains the run folders, or one of them', 'runs')
    .option('--json', 'print a JSON list')
    .addOption(
      new Option('--csv', 'print a table with results, changes by resumes and all settings').conflicts(
        'json',
      ),
    )
    .addHelpText(
      'after',
      '\nExample:\n  emerging runs\n' +
        '\nbits/dim: TRAIN over the last tenth of the batches, 50 at most, VALIDATION at the last milestone, TEST at the last evaluation.\n' +
        'BOUND: the dequantisation noise of these bits/dim, uniform or variational; none for continuous models, whose\n' +
        'results are in nats/value.',
    )
    .action((directory: string, { json, csv }: { json?: true; csv?: true }) => {
      const runs = readOverviews(runsIn(directory)).map(inUnit);
      const unreadable = countUnreadableNames(directory);
      if (unreadable > 0) {
        noteOnStderr(
          `left out ${formatCounted(unreadable, 'name')} in ${directory} that ${unreadable === 1 ? 'is' : 'are'} not UTF-8: rename ${unreadable === 1 ? 'it' : 'them'}`,
        );
      }
      writeStdout(
        `${json ? JSON.stringify(runs, null, 2) : csv ? runsCsv(runs) : runsText(runs, directory)}\n`,
      );
    });
}

/** A run with its results in its unit. */
function inUnit(run: RunOverview): RunOverview {
  const convert = (bits: number | null): number | null =>
    bits === null ? null : unitNamed(run.unit ?? 'bits/dim').of(bits);
  return { ...run, train: convert(run.train), validation: convert(run.validation), test: convert(run.test) };
}

/** A line for each run: its results, changes by resumes, and a column for every setting that a run has. */
function runsCsv(runs: readonly RunOverview[]): string {
  const keys = [...new Set(runs.flatMap(({ settings }) => Object.keys(settings)))];
  const facts = runs.map(({ settings, changes, ...facts }) => ({ ...facts, changes: changesText(changes) }));
  const field = (value: unknown): string =>
    value === null || value === undefined
      ? ''
      : csvText(typeof value === 'object' ? JSON.stringify(value) : String(value));
  const titles = Object.keys(facts[0] ?? {});
  return [
    [...titles, ...keys].map(csvText),
    ...facts.map((values, index) => [
      ...Object.values(values).map(field),
      ...keys.map((key) => field(runs[index]!.settings[key])),
    ]),
  ]
    .map((fields) => fields.join(','))
    .join('\n');
}

/** Reads many runs with a bar. */
function readOverviews(folders: readonly string[]): RunOverview[] {
  const bar =
    folders.length < MANY
      ? undefined
      : createProgress({ label: 'reading', total: folders.length, unit: 'runs' });
  const readConfig = configReader();
  try {
    return folders.map((folder, index) => {
      const overview = runOverview(folder, readConfig);
      bar?.update(index + 1);
      return overview;
    });
  } finally {
    bar?.finish();
  }
}

function runsIn(directory: string): string[] {
  if (!isFolder(directory)) {
    throw new UserError(
      'not-found',
      `there is no folder ${directory}: name the one that contains your runs, or start a run with emerging train`,
    );
  }
  return isRunFolder(directory) ? [directory] : listRunFolders(directory);
}

function runsText(runs: readonly RunOverview[], directory: string): string {
  if (runs.length === 0) {
    return `no runs in ${directory}; emerging train --out ${shellWord(join(directory, 'NAME'))} starts one`;
  }
  const result = (value: number | null): string =>
    value === null ? '-' : Math.abs(value) < 1e4 ? value.toFixed(4) : value.toExponential(2);
  const hasOtherUnits = runs.some(({ unit }) => unit !== null && unit !== 'bits/dim');
  const table = formatTable(
    [
      'RUN',
      'PRESET',
      'DATA',
      'BOUND',
      ...(hasOtherUnits ? ['UNIT'] : []),
      ...['STEP', 'TRAIN', 'VALIDATION', 'TEST', 'IMAGES/S'].map(right),
      'WHEN',
    ],
    runs.map(
      ({
        run,
        preset,
        data,
        bound,
        unit,
        step,
        complete,
        train,
        validation,
        test,
        imagesPerSecond,
        when,
      }) => [
        run,
        preset ?? '-',
        data === null ? '-' : basename(data),
        bound ?? '-',
        ...(hasOtherUnits ? [unit ?? '-'] : []),
        `${formatCount(step)}${complete ? '' : '…'}`,
        ...[train, validation, test].map(result),
        imagesPerSecond === null ? '-' : formatRate(imagesPerSecond),
        when === null ? '-' : localTime(new Date(when)),
      ],
    ),
  );
  const problems = runs.flatMap(({ problem }) => (problem === null ? [] : [problem]));
  const unfinished = runs.some(({ complete }) => !complete) ? ['… not finished'] : [];
  const starts = runs.flatMap(({ run, from }) =>
    from === null ? [] : [`${run}: started from the weights of ${from}`],
  );
  const troubles = runs.flatMap((run) => {
    const text = troubleText(run);
    return text === null ? [] : [`${run.run}: ${text}; see its metrics.jsonl`];
  });
  const changed = runs.flatMap(({ run, changes }) => {
    const text = changesText(changes);
    return text === null ? [] : [`${run}: changed ${text}`];
  });
  const long = runs.flatMap(({ run, onlyLastMiB }) =>
    onlyLastMiB === null
      ? []
      : [`${run}: its logs are long: IMAGES/S and dropped steps cover only the last ${onlyLastMiB} MiB`],
  );
  return [
    table,
    ...[...unfinished, ...starts, ...changed, ...troubles, ...long, ...problems].map(visibleText),
  ].join('\n');
}

/** `2024-05-01 13:05`, in local time. */
function localTime(time: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = [time.getFullYear(), two(time.getMonth() + 1), two(time.getDate())].join('-');
  return `${day} ${two(time.getHours())}:${two(time.getMinutes())}`;
}
