// `emerging models`: lists the bundled models.
import type { Command } from 'commander';
import { showImageShape } from '../../../core/numeric/index.ts';
import { pathIn } from '../../../data/files/index.node.ts';
import { readManifest } from '../../../model/loading/index.node.ts';
import { WEIGHTS_FILE } from '../../../model/loading/index.ts';
import { bundledModelNames, bundledModelsFolder } from '../../bundledModels.ts';
import { formatBytes } from '../terminal/format.ts';
import { writeStdout } from '../terminal/output.ts';
import { formatTable, right } from '../terminal/table.ts';

/** Adds the options of `models`, and what it does. */
export function registerModels(command: Command): void {
  command
    .option('--json', 'print a JSON list')
    .addHelpText(
      'after',
      '\nExamples:\n  emerging models\n  emerging models --json\n' +
        '\nCommands take these names in place of a run: emerging sample mnist-small. A folder of the same name in the\n' +
        'working directory takes precedence, with a note. BITS/DIM: on the test images. SIZE: of the weights.',
    )
    .action(({ json }: { json?: true }) => {
      const entries = bundledModelNames().map(describe);
      writeStdout(`${json ? JSON.stringify(entries, null, 2) : modelsText(entries)}\n`);
    });
}

/** A bundled model as listed; null for what its manifest does not state. */
type Entry = ReturnType<typeof describe>;

function describe(name: string) {
  const path = pathIn(bundledModelsFolder, name);
  const { imageShape, trained, files } = readManifest(path);
  return {
    name,
    path,
    imageShape,
    data: trained?.dataset ?? null,
    test: trained?.test ?? null,
    bytes: files.get(WEIGHTS_FILE)?.bytes ?? null,
  };
}

function modelsText(entries: readonly Entry[]): string {
  return formatTable(
    ['MODEL', 'IMAGES', 'TRAINED ON', right('BITS/DIM'), right('SIZE')],
    entries.map(({ name, imageShape, data, test, bytes }) => [
      name,
      showImageShape(imageShape),
      data ?? '-',
      test === null ? '-' : test.toFixed(4),
      bytes === null ? '-' : formatBytes(bytes),
    ]),
  );
}
