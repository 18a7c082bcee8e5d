// `emerging export`: exports a run as ONNX files for any runtime, with its weights and a manifest.
import type { Command } from 'commander';
import { UserError } from '../../../core/errors.ts';
import { visibleText } from '../../../core/visibleText.ts';
import { writeNewFolder } from '../../../data/files/folders.ts';
import { FlowModel } from '../../../model/index.ts';
import { loadRun } from '../../../model/loading/loadRun.ts';
import type { ReferenceScores } from '../../../model/referenceScores.ts';
import type { WeightsKind } from '../../../runs/contents/trainingState.ts';
import { releaseAfter } from '../../../tensor/engine/index.ts';
import { exportModel } from '../../../uses/export/index.ts';
import { requireFinite } from '../../../uses/odd/reference.ts';
import { modelFolder } from '../parts/modelFolder.ts';
import { addCheckpointOption, addWeightsOption, type CheckpointOptions } from '../parts/options.ts';
import { requireOutputFolder } from '../parts/outputFile.ts';
import { referenceScores, scoreDefaults } from '../ranks/scoreReference.ts';
import { formatBytes } from '../terminal/format.ts';
import { noteOnStderr, writeStdout } from '../terminal/output.ts';
import { withProgress } from '../terminal/progress.ts';
import { messageOf } from '../terminal/wording.ts';

interface ExportCommandOptions extends CheckpointOptions {
  out: string;
  weights: WeightsKind;
  json?: true;
}

/** Adds the arguments and options of `export`, and what it does. */
export function registerExport(command: Command): void {
  command
    .argument('<run>', 'a run folder', modelFolder)
    .requiredOption('--out <dir>', 'a new or empty folder for the files')
    .option('--json', 'print the result as JSON on stdout');
  addCheckpointOption(addWeightsOption(command))
    .addHelpText('after', '\nExample:\n  emerging export runs/quickstart --out exported')
    .action((run: string, options: ExportCommandOptions) => runExport(run, options));
}

/** The scores of the validation images for an export; undefined, with a note, if they cannot be measured. The export then has those that the run has. */
async function scoresOf(
  directory: string,
  { weights, step }: ExportCommandOptions,
): Promise<ReferenceScores | undefined> {
  const run = await loadRun(directory, { weights, step });
  try {
    const scores = await releaseAfter(async (keep) => {
      const model = keep(new FlowModel(run));
      return referenceScores(run, model, scoreDefaults);
    });
    requireFinite(scores);
    return scores;
  } catch (error) {
    if (!(error instanceof UserError)) {
      throw error;
    }
    noteOnStderr(
      `the statistics of validation images, for emerging score, were not measured: ${messageOf(error)}`,
    );
    return undefined;
  }
}

async function runExport(directory: string, options: ExportCommandOptions): Promise<void> {
  const { out, weights, json } = options;
  requireOutputFolder(out);
  const scores = await scoresOf(directory, options);
  const how = { weights, step: options.step, scores };
  const { step, files: contents } = await withProgress((show) =>
    exportModel(directory, { ...how, onProgress: (done, of) => show('writing programs', done, of) }),
  );
  const files = writeNewFolder(out, contents);
  const sizes = Object.values(contents).map((content) => Buffer.byteLength(content));
  const lines = files.map((file, index) => `${visibleText(file)}  ${formatBytes(sizes[index]!)}\n`);
  writeStdout(json ? `${JSON.stringify({ files, run: directory, step, weights })}\n` : lines.join(''));
}
