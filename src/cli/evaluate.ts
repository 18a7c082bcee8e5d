// `emerging evaluate`: bits/dim of a run on held-out images.
import type { Command } from 'commander';
import type { Dataset } from '../data/dataset.ts';
import { openDataset } from '../data/registry.ts';
import { UserError } from '../errors.ts';
import { type Evaluation, evaluate } from '../evaluation/evaluate.ts';
import { FlowModel } from '../evaluation/flowModel.ts';
import { loadRun } from '../evaluation/loadRun.ts';
import { requireImageShape } from '../experiments/modelShape.ts';
import { releaseAfter } from '../training/resources.ts';
import { appendEvaluation, readSummary } from '../training/runSummary.ts';
import type { WeightsKind } from '../training/trainer.ts';
import { formatCount } from './format.ts';
import { addEngineOptions, compileOptions, type EngineOptions, oneOf, wholeNumber } from './options.ts';
import { createProgress } from './progress.ts';
import { requireWritable } from './requireWritable.ts';

const splits = ['test', 'validation', 'train'] as const;
type SplitName = (typeof splits)[number];
const weightsKinds = ['average', 'raw'] as const satisfies WeightsKind[];

interface EvaluateCommandOptions extends EngineOptions {
  split: SplitName;
  draws: number;
  weights: WeightsKind;
  batch: number;
  seed: number;
  json?: true;
}

/** Adds the command `evaluate` to the program. */
export function registerEvaluate(program: Command): void {
  const command = program
    .command('evaluate')
    .description('measure bits/dim of a run on held-out images')
    .argument('<run>', 'a run folder')
    .option('--split <name>', `which images: ${splits.join(', ')}`, oneOf('split', splits), 'test')
    .option('--draws <k>', 'dequantisation draws per image', wholeNumber(1), 2)
    .option(
      '--weights <kind>',
      `which weights: ${weightsKinds.join(', ')}`,
      oneOf('weights', weightsKinds),
      'average',
    )
    .option('--batch <n>', 'images at a time; the result does not depend on it', wholeNumber(1), 64)
    .option('--seed <n>', 'the seed of the noise', wholeNumber(0), 0)
    .option('--json', 'print the result as JSON on stdout');
  addEngineOptions(command)
    .addHelpText('after', '\nExample:\n  emerging evaluate runs/quickstart --draws 4')
    .action((run: string, options: EvaluateCommandOptions) => runEvaluate(run, options));
}

async function runEvaluate(directory: string, options: EvaluateCommandOptions): Promise<void> {
  const { split, draws, weights, batch, seed } = options;
  const engine = await compileOptions(options);
  const run = loadRun(directory, weights);
  // Whether the result can be stored is better known before the measurement than after it.
  requireWritable(run.paths.summary);
  readSummary(run.paths);
  const { data } = run.config;
  const dataset: Dataset = await openDataset(data.name, { validation: data.validation });
  requireImageShape(dataset, run.model.imageShape);
  const images = dataset[split];
  if (images.count === 0) {
    throw new UserError(`${data.name} has no ${split} images: the run was trained with data.validation 0`);
  }
  const bar = createProgress({ label: 'evaluating', total: draws * images.count, unit: 'images' });
  let measured: Evaluation;
  try {
    measured = await releaseAfter((keep) => {
      const model = keep(new FlowModel(run, { ...engine, batchSize: batch }));
      return evaluate(model, images, { draws, seed, onProgress: (done) => bar.update(done) });
    });
  } finally {
    bar.finish();
  }
  const record = evaluationRecord(measured, { split, weights, bits: run.config.model.bits });
  const entry = { step: run.step, seed, ...record };
  appendEvaluation(run.paths, entry);
  const text = options.json ? JSON.stringify({ run: directory, ...entry }) : evaluationLine(record);
  process.stdout.write(`${text}\n`);
}

/** What is said and stored of an evaluation: the figure, and all that it depends on. */
export interface EvaluationRecord extends Record<string, unknown>, Omit<Evaluation, 'perImage'> {
  readonly split: SplitName;
  readonly weights: WeightsKind;
  readonly bits: number;
}

/** An evaluation as it is stored, without the values of single images. */
export function evaluationRecord(
  { perImage: _, ...measured }: Evaluation,
  about: { split: SplitName; weights: WeightsKind; bits: number },
): EvaluationRecord {
  return { ...measured, ...about };
}

/** An evaluation in one line for people. */
export function evaluationLine(record: EvaluationRecord): string {
  const { bitsPerDim, standardError, images, split, weights, draws, bits, median, worst } = record;
  const error = standardError === null ? '' : ` ± ${standardError.toFixed(4)}`;
  return (
    `${bitsPerDim.toFixed(4)}${error} bits/dim on all ${formatCount(images)} ${split} images ` +
    `(median ${median.toFixed(3)}, worst ${worst.bitsPerDim.toFixed(3)}: image ${worst.index}; ` +
    `${weights} weights, ${bits} bits, ${draws} ${draws === 1 ? 'draw' : 'draws'})`
  );
}
