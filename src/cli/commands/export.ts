// `emerging export`: exports a run as ONNX files for any runtime, with its weights and a manifest.
import type { Command } from 'commander';
import { exportModel } from '../../evaluation/export/exportModel.ts';
import { requireNewFolder, writeNewFolder } from '../../storage/newFolder.ts';
import type { WeightsKind } from '../../training/trainingState.ts';
import { visibleText } from '../../visibleText.ts';
import { addCheckpointOption, addWeightsOption, type CheckpointOptions } from '../options.ts';
import { formatBytes } from '../terminal/format.ts';
import { writeStdout } from '../terminal/output.ts';

interface ExportCommandOptions extends CheckpointOptions {
  out: string;
  weights: WeightsKind;
  json?: true;
}

/** Adds the command `export` to the program. */
export function registerExport(program: Command): void {
  const command = program
    .command('export')
    .description('export a run as ONNX files for any runtime, with a manifest that describes them')
    .argument('<run>', 'a run folder')
    .requiredOption('--out <dir>', 'a new or empty folder for the files')
    .option('--json', 'print the result as JSON on stdout');
  addCheckpointOption(addWeightsOption(command))
    .addHelpText('after', '\nExample:\n  emerging export runs/quickstart --out exported')
    .action((run: string, options: ExportCommandOptions) => runExport(run, options));
}

async function runExport(directory: string, options: ExportCommandOptions): Promise<void> {
  const { out, weights, json } = options;
  requireNewFolder(out);
  const { step, files: contents } = await exportModel(directory, { weights, step: options.step });
  const files = writeNewFolder(out, contents);
  const sizes = Object.values(contents).map((content) => Buffer.byteLength(content));
  const lines = files.map((file, index) => `${visibleText(file)}  ${formatBytes(sizes[index]!)}\n`);
  writeStdout(json ? `${JSON.stringify({ files, run: directory, step, weights })}\n` : lines.join(''));
}
