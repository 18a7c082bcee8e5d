// `emerging sample`: samples images from a run, as a PNG grid.
import type { Command } from 'commander';
import type { InverseMethod } from '../../engine/graph/prepare.ts';
import { type Keep, releaseAfter } from '../../engine/resources.ts';
import { UserError } from '../../errors.ts';
import { loadModel } from '../../evaluation/model/loadModel.ts';
import { contactSheet, requireDrawable } from '../../pictures/contactSheet.ts';
import { writeFileAtomically } from '../../storage/files.ts';
import { visibleText } from '../../visibleText.ts';
import {
  addCheckpointOption,
  addEngineOptions,
  addInverseOption,
  type CheckpointOptions,
  compileOptions,
  type EngineOptions,
  nonNegative,
  stepText,
  wholeNumber,
} from '../options.ts';
import { requireWritablePng } from '../requireWritable.ts';
import { formatCounted, formatDuration } from '../terminal/format.ts';
import { writeStdout } from '../terminal/output.ts';
import { createProgress } from '../terminal/progress.ts';

interface SampleCommandOptions extends EngineOptions, CheckpointOptions {
  count: number;
  temperature: number;
  seed: number;
  out: string;
  inverse: InverseMethod;
  json?: true;
}

/** Adds the command `sample` to the program. */
export function registerSample(program: Command): void {
  const command = program
    .command('sample')
    .description('sample images from a run, as a PNG grid')
    .argument('<run>', 'a run folder, or an exported model')
    .requiredOption('--out <file>', 'the PNG to write')
    .option('--count <n>', 'how many images', wholeNumber(1), 64)
    .option(
      '--temperature <t>',
      'standard deviation of the latents: 1 samples the model itself, lower values give smoother, less varied images',
      nonNegative,
      0.8,
    )
    .option('--seed <n>', 'random seed of the latents', wholeNumber(0), 0)
    .option('--json', 'print the result as JSON on stdout');
  addEngineOptions(addCheckpointOption(addInverseOption(command)))
    .addHelpText(
      'after',
      '\nExample:\n  emerging sample runs/quickstart --count 100 --temperature 0.7 --out digits.png',
    )
    .action((run: string, options: SampleCommandOptions) =>
      releaseAfter((keep) => runSample(keep, run, options)),
    );
}

async function runSample(keep: Keep, directory: string, options: SampleCommandOptions): Promise<void> {
  const { count, temperature, seed, out, inverse, step } = options;
  requireWritablePng(out);
  const engine = await compileOptions(options);
  const model = keep(await loadModel(directory, { ...engine, inverse, step }));
  requireDrawable(count, { imageShape: model.imageShape });
  const bar = createProgress({ label: 'sampling', total: count, unit: 'images' });
  const begin = performance.now();
  let images: Uint8Array;
  let overflowed = 0;
  try {
    const onProgress = (done: number): void => bar.update(done);
    const onOverflow = (which: readonly number[]): void => {
      overflowed = which.length;
    };
    images = await model.sample({ count, temperature, seed, onProgress, onOverflow });
  } finally {
    bar.finish();
  }
  if (overflowed === count) {
    throw new UserError(
      'diverged',
      `no sample of ${directory} at temperature ${temperature} has finite values: try a lower temperature, or train longer`,
    );
  }
  const seconds = (performance.now() - begin) / 1000;
  writeFileAtomically(out, contactSheet(images, { imageShape: model.imageShape }));
  writeStdout(
    options.json
      ? `${JSON.stringify({ file: out, step: model.step, count, temperature, seed, seconds, overflowed })}\n`
      : `${formatCounted(count, 'image')} at temperature ${temperature}${stepText(model.step, options)} in ${formatDuration(seconds)}: ${visibleText(out)}\n${overflowNote(overflowed, count)}`,
  );
}

/** The note about samples with non-finite values; empty if there are none. */
export function overflowNote(overflowed: number, count: number): string {
  return overflowed === 0
    ? ''
    : `${overflowed} of ${count} samples are black: their values are not finite. Try a lower temperature, or train longer\n`;
}
