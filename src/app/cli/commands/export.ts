// `emerging export`: exports a run as ONNX files for any runtime, with its weights and a manifest.
import type { Command } from 'commander';
import { UserError, visibleText } from '../../../core/errors.ts';
import { writeNewFolder } from '../../../data/files/index.node.ts';
import { resultUnit } from '../../../flows/models/index.ts';
import { FlowModel, roundedModel } from '../../../model/index.ts';
import { type LoadedRun, loadRun } from '../../../model/loading/loadRun.ts';
import type { ReferenceScores } from '../../../model/referenceScores.ts';
import type { WeightsKind } from '../../../runs/contents/index.ts';
import { dataName } from '../../../runs/settings/experimentName.ts';
import { releaseAfter } from '../../../tensor/engine/index.ts';
import { exportModel, type RoundedWeights, roundWeights } from '../../../uses/export/index.ts';
import { requireFinite } from '../../../uses/odd/index.ts';
import { modelFolder } from '../parts/modelOptions.ts';
import {
  addCheckpointOption,
  addWeightsOption,
  type CheckpointOptions,
  wholeNumber,
} from '../parts/options.ts';
import { requireOutputFolder } from '../parts/outputFile.ts';
import {
  measureWithProgress,
  openValidation,
  referenceScores,
  scoreDefaults,
} from '../ranks/scoreReference.ts';
import { formatBytes, formatCounted } from '../terminal/format.ts';
import { noteOnStderr, writeStdout } from '../terminal/output.ts';
import { withProgress } from '../terminal/progress.ts';
import { errorMessage } from '../terminal/wording.ts';

interface ExportCommandOptions extends CheckpointOptions {
  out: string;
  weights: WeightsKind;
  weightBits?: number;
  json?: true;
}

/** Adds the arguments and options of `export`, and what it does. */
export function registerExport(command: Command): void {
  command
    .argument('<run>', 'a run folder', modelFolder)
    .requiredOption('--out <dir>', 'a new or empty folder for the files')
    .option(
      '--weight-bits <n>',
      'store the weights in about n bits each instead of 32; 6 are usually enough',
      wholeNumber(1),
    )
    .option('--json', 'print the result as JSON on stdout');
  addCheckpointOption(addWeightsOption(command))
    .addHelpText('after', '\nExample:\n  emerging export runs/quickstart --out exported')
    .action((run: string, options: ExportCommandOptions) => runExport(run, options));
}

/** The scores of the validation images for an export; undefined, with a note, if they cannot be measured. The export then has those that the run has. */
async function measureScores(
  run: LoadedRun,
  rounded: RoundedWeights | undefined,
): Promise<ReferenceScores | undefined> {
  try {
    const scores = await releaseAfter(async (keep) => {
      if (rounded === undefined) {
        return referenceScores(run, keep(new FlowModel(run)), scoreDefaults);
      }
      const model = keep(new FlowModel(roundedModel(run, rounded.exponents)));
      const images = await openValidation(run);
      return measureWithProgress(model, images, { data: dataName(run.config), ...scoreDefaults });
    });
    requireFinite(scores);
    return scores;
  } catch (error) {
    if (!(error instanceof UserError)) {
      throw error;
    }
    noteOnStderr(
      `the statistics of validation images, for emerging score, were not measured: ${errorMessage(error)}`,
    );
    return undefined;
  }
}

/** More bits/dim than this cost about as much as a shorter training. */
const NOTABLE = 0.002;

/** Rounds the weights of a run, and says what that costs. */
async function roundedWeights(run: LoadedRun, weightBits: number): Promise<RoundedWeights> {
  const images = await openValidation(run);
  const rounded = await withProgress((show) =>
    roundWeights(run, images, weightBits, {
      onProgress: (done, total) => show('rounding', done, total),
    }),
  );
  const cost = resultUnit(run.model.options).text(rounded.difference, 4);
  const advice = rounded.difference > NOTABLE ? '; a higher --weight-bits costs less' : '';
  noteOnStderr(
    `weights of ${rounded.weightBits.toFixed(1)} bits on average take ${cost} more than float32 ` +
      `on ${formatCounted(rounded.images, 'validation image')}${advice}`,
  );
  return rounded;
}

async function runExport(directory: string, options: ExportCommandOptions): Promise<void> {
  const { out, weights, weightBits, json } = options;
  requireOutputFolder(out);
  const run = await loadRun(directory, { weights, step: options.step });
  const rounded = weightBits === undefined ? undefined : await roundedWeights(run, weightBits);
  const scores = await measureScores(run, rounded);
  // The training may have gone on since.
  const how = { weights, step: run.step, scores, rounded };
  const { step, files: contents } = await withProgress((show) =>
    exportModel(directory, { ...how, onProgress: (done, total) => show('writing programs', done, total) }),
  );
  const files = writeNewFolder(out, contents);
  const sizes = Object.values(contents).map((content) => Buffer.byteLength(content));
  const lines = files.map((file, index) => `${visibleText(file)}  ${formatBytes(sizes[index]!)}\n`);
  const { exponents: _, ...rounding } = rounded ?? {};
  writeStdout(
    json
      ? `${JSON.stringify({ files, run: directory, step, weights, ...(rounded && { rounding: resultUnit(run.model.options).record(rounding) }) })}\n`
      : lines.join(''),
  );
}
