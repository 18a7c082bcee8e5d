// `emerging evaluate`: measures the bits/dim of a run on held-out images.
import { basename, join } from 'node:path';
import type { Command } from 'commander';
import { UserError, visibleText } from '../../../core/errors.ts';
import { isPointShape } from '../../../core/numeric/index.ts';
import type { Ranks } from '../../../core/ranks/index.ts';
import type { Split } from '../../../data/contract/index.ts';
import type { JsonObject } from '../../../data/files/index.ts';
import { identifyImages } from '../../../data/index.ts';
import { requireDrawable } from '../../../data/pictures/index.ts';
import { FlowModel } from '../../../model/index.ts';
import { isRun, loadTrained } from '../../../model/loading/index.node.ts';
import type { LoadedRun } from '../../../model/loading/loadRun.ts';
import { evaluateSpread, evaluationRecord, storedEvaluation } from '../../../model/measure/index.ts';
import { folderStore } from '../../../runs/folder/folderStore.ts';
import { runFiles } from '../../../runs/folder/index.ts';
import { releaseAfter } from '../../../tensor/engine/index.ts';
import { drawWorst, writeRunCard } from '../../../training/reports/index.node.ts';
import { evaluationLines, failUnlessFinite } from '../parts/evaluationLines.ts';
import {
  addMeasureOptions,
  type MeasureOptions,
  MODEL,
  modelFolder,
  noteLargeImages,
} from '../parts/modelOptions.ts';
import { stepText, wholeNumber } from '../parts/options.ts';
import { outputPng, sheetNames } from '../parts/outputFile.ts';
import { requireNoInput, runInputs } from '../parts/protectedFiles.ts';
import { notOfRun, openImages } from '../parts/runImages.ts';
import { onRanks, rankCompileOptions, requireSameInputs } from '../ranks/onRanks.ts';
import { drawOrNote } from '../terminal/failure.ts';
import { formatCount } from '../terminal/format.ts';
import { noteOnStderr, writeStdout } from '../terminal/output.ts';
import { withImageProgress } from '../terminal/progress.ts';
import { errorMessage } from '../terminal/wording.ts';

interface EvaluateCommandOptions extends MeasureOptions {
  readonly importance?: number;
  readonly count?: number;
  readonly worst?: string;
}

/** Adds the arguments and options of `evaluate`, and what it does. */
export function registerEvaluate(command: Command): void {
  command
    .argument('<run>', MODEL, modelFolder)
    .option(
      '--importance <k>',
      'also compute the importance-weighted bound with k draws per image',
      wholeNumber(1),
    )
    .option(
      '--count <n>',
      'measure only n images, spread evenly over the split; the result is not saved (default: all)',
      wholeNumber(1),
    )
    .option(
      '--worst <file>',
      'the PNG for the 16 worst images (default: worst-SPLIT.png in the run folder; none for an export)',
    );
  addMeasureOptions(command, { split: 'test', draws: 2 })
    .addHelpText(
      'after',
      '\nExample:\n  emerging evaluate runs/quickstart --draws 4 --importance 16\n  emerging evaluate mnist-small --data mnist\n' +
        '\nTwo standard errors are reported: over draws, how much the result would vary with other noise on the same\n' +
        'images; over images, how much it would vary with other images of the same kind. Choose models on\n' +
        '--split validation: if they are chosen on test images, the test result is too optimistic.\n' +
        '\nmpirun -n 4 emerging evaluate divides the images among four processes: docs/machines.md',
    )
    .action((run: string, options: EvaluateCommandOptions) =>
      onRanks((ranks) => runEvaluate(run, options, ranks)),
    );
}

async function runEvaluate(directory: string, options: EvaluateCommandOptions, ranks: Ranks): Promise<void> {
  const { split, draws, weights, seed, importance, data, step, worst } = options;
  const output = worst !== undefined && ranks.rank === 0 ? outputPng(worst, [data]) : undefined;
  const engine = await rankCompileOptions(ranks, options);
  const { trained, images } = await requireSameInputs(ranks, async () => {
    const trained = await loadTrained(directory, { weights, step });
    if (isRun(trained)) {
      // A corrupt summary should fail before the measurement rather than after it.
      await folderStore(trained.paths).readSummary();
    }
    const images = await openImages(trained, directory, { split, chosen: true, data });
    const checksums = async () => ({
      model: new FlowModel(trained).fingerprint,
      images: JSON.stringify(await identifyImages(images)),
    });
    return { trained, images, checksums };
  });
  if (output) {
    requireDrawable(1, { imageShape: images.imageShape, kind: images.kind });
    requireNoInput(output.path, runInputs(trained));
  }
  const run = isRun(trained) ? trained : undefined;
  const count = Math.min(options.count ?? images.count, images.count);
  const measured = await withImageProgress('evaluating', count, (onProgress) =>
    releaseAfter((keep) => {
      const model = keep(new FlowModel(trained, { ...engine, ...noteLargeImages }));
      return evaluateSpread(model, images, count, { draws, seed, importance, ranks, onProgress });
    }),
  );
  if (ranks.rank > 0) {
    return;
  }
  const record = evaluationRecord(measured, {
    split,
    weights: trained.weights,
    model: trained.model.options,
  });
  const otherData = run ? await notOfRun(run, { split, data, images }) : undefined;
  const partial =
    count < images.count
      ? `only ${formatCount(count)} of ${formatCount(images.count)} images were measured`
      : undefined;
  const isNamed = run === undefined || otherData !== undefined;
  const entry = { step: trained.step, seed, ...(isNamed && { data }), ...storedEvaluation(record) };
  const stored = run !== undefined && (await storeOrWarn(run, entry, otherData ?? partial));
  const hasPicture = run && stored && !isPointShape(trained.model.imageShape);
  const picture = worst ?? (hasPicture ? join(directory, worstPicture(split, run)) : undefined);
  const drawn =
    picture !== undefined &&
    (await drawOrNote('picture of the worst images', () => {
      const png = drawWorst(images, measured.worstImages);
      if (output) {
        output.write(png);
      } else {
        runFiles(run!.paths).write(basename(picture), png);
      }
      return picture;
    })) !== null;
  if (worst !== undefined && !drawn) {
    process.exitCode = 1;
  }
  const text = options.json
    ? JSON.stringify({ run: directory, ...entry, worstPicture: drawn ? picture : null })
    : [
        ...evaluationLines(record, stepText(trained.step, options)),
        ...(drawn ? [visibleText(`worst images: ${picture}`), sheetNames(measured.worstImages)] : []),
      ].join('\n');
  writeStdout(`${text}\n`);
  failUnlessFinite(record, directory);
}

/** The file name of the picture of the worst images; earlier steps have a name of their own. */
function worstPicture(split: Split, { step, lastStep }: LoadedRun): string {
  return step === lastStep
    ? `worst-${split}.png`
    : `worst-${split}-step-${String(step).padStart(8, '0')}.png`;
}

/**
 * Stores an evaluation in the run folder and returns whether that worked. If it fails, for instance because the folder
 * belongs to another user, reports that in one line: the result is still printed.
 *
 * @param unfit why the result is not one of the run, if it is not
 */
async function storeOrWarn(run: LoadedRun, entry: JsonObject, unfit: string | undefined): Promise<boolean> {
  try {
    if (unfit !== undefined) {
      throw new UserError('mismatch', unfit);
    }
    await folderStore(run.paths).appendEvaluation(entry);
    await writeRunCard(run.paths, { ...run, step: run.lastStep });
    return true;
  } catch (error) {
    if (!(error instanceof UserError)) {
      throw error;
    }
    noteOnStderr(`the result is printed but not saved: ${errorMessage(error)}`);
    return false;
  }
}
