// `emerging evaluate`: measures the bits/dim of a run on held-out images.
import { join } from 'node:path';
import type { Command } from 'commander';
import type { Split } from '../../data/sources/splitOfName.ts';
import { releaseAfter } from '../../engine/resources.ts';
import { UserError } from '../../errors.ts';
import { drawsOf, type Evaluation, evaluate } from '../../evaluation/measure/evaluate.ts';
import { FlowModel } from '../../evaluation/model/flowModel.ts';
import { type LoadedRun, loadRun } from '../../evaluation/model/loadRun.ts';
import { writeRunCard } from '../../evaluation/runs/runCard.ts';
import { drawWorst } from '../../evaluation/runs/runPictures.ts';
import { writeFileAtomically } from '../../storage/files.ts';
import { runFiles } from '../../training/run/runFiles.ts';
import { appendEvaluation, readSummary } from '../../training/run/summaryFile.ts';
import { visibleText } from '../../visibleText.ts';
import { evaluationLines, evaluationRecord, failUnlessFinite } from '../evaluationRecord.ts';
import { addMeasureOptions, type MeasureOptions } from '../measureOptions.ts';
import { compileOptions, stepText, wholeNumber } from '../options.ts';
import { requireWritablePng } from '../requireWritable.ts';
import { notOfRun, openRunImages } from '../runImages.ts';
import { drawOrNote } from '../terminal/drawOrNote.ts';
import { createImageProgress } from '../terminal/imageProgress.ts';
import { noteOnStderr, writeStdout } from '../terminal/output.ts';
import { messageOf } from '../terminal/wording.ts';

interface EvaluateCommandOptions extends MeasureOptions {
  readonly importance?: number;
  readonly worst?: string;
}

/** Adds the command `evaluate` to the program. */
export function registerEvaluate(program: Command): void {
  const command = program
    .command('evaluate')
    .description('measure the bits/dim of a run on held-out images')
    .argument('<run>', 'a run folder')
    .option(
      '--importance <k>',
      'also compute the importance-weighted bound with k draws per image',
      wholeNumber(1),
    )
    .option('--worst <file>', 'the PNG for the 16 worst images (default: worst-SPLIT.png in the run folder)');
  addMeasureOptions(command, { split: 'test', draws: 2 })
    .addHelpText(
      'after',
      '\nExample:\n  emerging evaluate runs/quickstart --draws 4 --importance 16\n' +
        '\nTwo standard errors are reported: over draws, how much the result would vary with other noise on the same\n' +
        'images; over images, how much it would vary with other images of the same kind. Choose models on\n' +
        '--split validation: if they are chosen on test images, the test result is too optimistic.',
    )
    .action((run: string, options: EvaluateCommandOptions) => runEvaluate(run, options));
}

async function runEvaluate(directory: string, options: EvaluateCommandOptions): Promise<void> {
  const { split, draws, weights, batch, seed, importance, data, step } = options;
  if (options.worst !== undefined) {
    requireWritablePng(options.worst);
  }
  const engine = await compileOptions(options);
  const run = loadRun(directory, { weights, step });
  // A corrupt summary should fail before the measurement rather than after it.
  readSummary(run.paths);
  const images = await openRunImages(run, { split, chosen: true, data });
  const passes = drawsOf({ draws, importance });
  const bar = createImageProgress({ label: 'evaluating', images: images.count, passes });
  let measured: Evaluation;
  try {
    measured = await releaseAfter((keep) => {
      const model = keep(new FlowModel(run, { ...engine, batchSize: batch }));
      return evaluate(model, images, { draws, seed, importance, onProgress: (done) => bar.update(done) });
    });
  } finally {
    bar.finish();
  }
  const record = evaluationRecord(measured, { split, weights, bits: run.config.model.bits });
  const otherData = await notOfRun(run, { split, data, images });
  const entry = { step: run.step, seed, ...(otherData === undefined ? {} : { data }), ...record };
  const picture = options.worst ?? join(directory, worstPicture(split, run));
  const stored = writeOrWarn(() => {
    if (otherData !== undefined) {
      throw new UserError('mismatch', otherData);
    }
    appendEvaluation(run.paths, entry);
    writeRunCard(run.paths, { ...run, step: run.lastStep });
  });
  const isWanted = stored || options.worst !== undefined;
  const drawn =
    isWanted &&
    (await drawOrNote('picture of the worst images', () => {
      const png = drawWorst(images, measured.worstImages);
      if (options.worst === undefined) {
        runFiles(run.paths).write(picture, png);
      } else {
        writeFileAtomically(picture, png);
      }
      return picture;
    })) !== null;
  if (options.worst !== undefined && !drawn) {
    process.exitCode = 1;
  }
  const text = options.json
    ? JSON.stringify({ run: directory, ...entry, worstPicture: drawn ? picture : null })
    : [
        ...evaluationLines(record, stepText(run.step, options)),
        ...(drawn ? [visibleText(`worst images: ${picture}`)] : []),
      ].join('\n');
  writeStdout(`${text}\n`);
  failUnlessFinite(record, directory);
}

/** The name of the picture of the worst images; that of an earlier step does not replace that of the last one. */
function worstPicture(split: Split, { step, lastStep }: LoadedRun): string {
  return step === lastStep
    ? `worst-${split}.png`
    : `worst-${split}-step-${String(step).padStart(8, '0')}.png`;
}

/**
 * Writes to the run folder and returns whether that worked. If it fails, for instance because the folder belongs to
 * another user, reports that in one line: the result is still printed.
 */
function writeOrWarn(write: () => void): boolean {
  try {
    write();
    return true;
  } catch (error) {
    if (!(error instanceof UserError)) {
      throw error;
    }
    noteOnStderr(`the result is printed but not saved: ${messageOf(error)}`);
    return false;
  }
}
