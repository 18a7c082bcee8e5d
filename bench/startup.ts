// The time from the command to the first training step, by part, for models of depth 8 and 32, without
// reading data and creating the run folder; and the time of whole commands, with and without the bundle of a build.
//
//   npm run build && npx tsx bench/startup.ts
//
// Prints the times in docs/performance.md, by part: 32x32x3, 3 levels, width 512, batch 32, emerging. Each depth in a
// separate process. Two minutes.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { wholeNumber } from '../src/app/cli/parts/options.ts';
import { formatCounted, formatSpread } from '../src/app/cli/terminal/format.ts';
import { median, valueRange } from '../src/core/numeric/statistics.ts';
import { Glow } from '../src/flows/models/glow.ts';
import { ParameterLayout } from '../src/flows/models/parameterLayout.ts';
import { markdownTable } from '../src/model/card/reportText.ts';
import { planGradients } from '../src/training/gradients/planGradients.ts';
import { startFromData } from '../src/training/step/startFromData.ts';
import { Trainer } from '../src/training/step/trainer.ts';
import { measureInTurn, secondsFor, timed } from '../src/training/study/measureInTurn.ts';
import { benchRate, benchUpdate, paperImageShape, paperModel, randomBatches } from './shared/benchModel.ts';
import { machine } from './shared/machine.ts';
import { asOptions, scriptJson } from './shared/processes.ts';
import { inTemporaryFolder } from './shared/temporaryFolder.ts';

const DEPTHS = [8, 32];
const BATCH = 32;
const COMMAND_ROUNDS = 9;
const builtCommand = 'dist/app/cli/main.js';

const { depth, rounds } = new Command('startup')
  .option('--depth <n>', 'measure this one model in this process', wholeNumber(1))
  .option('--rounds <n>', 'processes per depth; the median is printed', wholeNumber(1), 2)
  .parse()
  .opts<{ depth?: number; rounds: number }>();

/** Seconds by part of the start. */
type Seconds = Record<keyof typeof titles, number>;

/** The measurements, in the order of the table; a dash marks a part of the row above. */
const titles = {
  modules: 'process and modules',
  weights: 'initialising the weights',
  drawn: '– random draws',
  programs: 'programs of a step',
  defined: '– gradient graph built',
  compiled: '– gradient graph compiled',
  step: 'first step',
  total: 'command to first step done',
};

async function measure(depth: number): Promise<Seconds> {
  const modules = performance.now() / 1000;
  const model = new Glow(paperImageShape, { ...paperModel, depth, mixing: 'emerging' });
  const batch = randomBatches(paperImageShape, BATCH, model).at(0);
  const layout = new ParameterLayout(model.parameters);

  const { result: state, seconds: weights } = await timed(() => startFromData(model, batch, 0));
  const { result: trainer, seconds: programs } = await timed(() =>
    Trainer.create(model, state, { ...benchUpdate(), batchSize: BATCH }),
  );
  const step = await secondsFor(() => trainer.step(batch, benchRate));
  await trainer.release();
  // The parts of both again, separately.
  const drawn = await secondsFor(() => layout.initial(0));
  const { result: plan, seconds: defined } = await timed(() =>
    planGradients({ model, layout, images: BATCH, batchSize: BATCH, workers: 1 }),
  );
  const { result: program, seconds: compiled } = await timed(() => plan.compile());
  await program.release();
  const total = modules + weights + programs + step;
  return { modules, weights, drawn, programs, defined, compiled, step, total };
}

/** The built command by its bundle, and by its modules, which it loads where Node has options. */
const environments = { bundle: {}, modules: { NODE_OPTIONS: '' } };

/** The seconds of built commands from their start to their end, by bundle and by modules in turn: lines to print. */
async function timeCommands(folder: string): Promise<string[]> {
  const { NODE_OPTIONS: _, ...inherited } = process.env;
  const commands = {
    'emerging sample --help': ['sample', '--help'],
    'emerging sample mnist-small': ['sample', 'mnist-small', '--out', join(folder, 'samples.png')],
  };
  const timings = Object.entries(commands).flatMap(([name, words]) =>
    Object.entries(environments).map(([way, variables]) => ({
      name: `${name}, ${way}`,
      measure: () =>
        secondsFor(() => {
          const env = { ...inherited, ...variables };
          execFileSync(process.execPath, [builtCommand, ...words], { stdio: 'ignore', env });
        }),
    })),
  );
  const seconds = await measureInTurn(
    timings.map(({ measure }) => measure),
    { warmUp: 1, rounds: COMMAND_ROUNDS },
  );
  return timings.map(({ name }, index) => {
    const each = seconds[index]!;
    const spread = formatSpread(median(each), valueRange(each), (value) => value.toFixed(2));
    return `${name}: ${spread} s, ${COMMAND_ROUNDS} calls`;
  });
}

if (depth !== undefined) {
  process.stdout.write(JSON.stringify(await measure(depth)));
} else {
  const measured: Seconds[][] = [];
  for (const each of DEPTHS) {
    process.stderr.write(`depth ${each}\n`);
    const ofDepth: Seconds[] = [];
    for (let round = 0; round < rounds; round++) {
      ofDepth.push(await scriptJson(fileURLToPath(import.meta.url), asOptions({ depth: each })));
    }
    measured.push(ofDepth);
  }
  const rows = Object.entries(titles).map(([key, title]) => [
    title,
    ...measured.map((runs) => median(runs.map((seconds) => seconds[key as keyof Seconds])).toFixed(2)),
  ]);
  const heads = ['seconds, median', ...DEPTHS.map((each) => `depth ${each}`)];
  process.stderr.write('commands\n');
  const lines = await inTemporaryFolder('emerging-startup', timeCommands);
  process.stdout.write(
    `${machine()}, ${formatCounted(rounds, 'round')}\n\n${markdownTable(heads, rows)}\n\n${lines.join('\n')}\n`,
  );
}
