// The model card in a run folder, rewritten after training and after each evaluation.

import { exists, pathFrom } from '../../data/files/index.node.ts';
import type { Flow } from '../../flows/models/index.ts';
import { modelCard, sampleCommand } from '../../model/card/modelCard.ts';
import { changesIn, runFileNames } from '../../runs/contents/index.ts';
import { folderStore } from '../../runs/folder/folderStore.ts';
import { type RunPaths, runFiles } from '../../runs/folder/index.ts';
import type { Config } from '../../runs/settings/index.ts';
import { samplesPath } from './runPictures.ts';

/**
 * Writes the `README.md` of a run from its summary.
 *
 * @throws UserError if it cannot be written
 */
export async function writeRunCard(
  paths: RunPaths,
  about: { model: Flow; config: Config; step: number },
): Promise<void> {
  const pictures = {
    'Samples at temperature 0.8': samplesPath(paths, about.step),
    'Learning curve': paths.curve,
  };
  const existingPictures = Object.entries(pictures)
    .filter(([, file]) => exists(file))
    .map(([caption, file]) => [caption, pathFrom(paths.directory, file)]);
  const summary = await folderStore(paths).readSummary();
  const isOneGo = changesIn(summary).length === 0;
  const hasAction = summary.action === true;
  const card = modelCard({
    ...about,
    summary,
    pictures: Object.fromEntries(existingPictures),
    commands: {
      'draw images': sampleCommand(about.model),
      // Without images there is nothing to measure, and the action is not among the files.
      ...(!hasAction && { 'measure it': 'npx emerging evaluate . --draws 4' }),
      ...(!hasAction && { 'is it sound?': 'npx emerging doctor .' }),
      'ONNX files for any runtime': 'npx emerging export . --out ../exported',
      ...(!hasAction && {
        [summary.from !== undefined
          ? 'a new run with these settings, from random weights'
          : isOneGo
            ? 'the same run again'
            : 'a new run with the last settings']: 'npx emerging train --config config.yaml --out ../again',
      }),
    },
  });
  runFiles(paths).write(runFileNames.card, card);
}
