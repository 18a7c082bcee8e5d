// A trained model from a run folder or an export, for code that needs more of a run than its model.

import type { TrainedModel } from '../model/trainedModel.ts';
import type { ExportChoice } from './exportedModel.ts';
import { isExported, loadExported } from './loadExported.ts';
import type { LoadedRun } from './loadRun.ts';

/** Which weights to load, and whether damage of a checkpoint is accepted. */
export interface LoadTrainedOptions extends ExportChoice {
  /** Whether a run whose checkpoint fails its checksum is loaded all the same. */
  readonly acceptDamage?: boolean;
}

/**
 * Loads a run or an export; `isRun` tells which.
 *
 * @throws UserError as `loadModel` does
 */
export async function loadTrained(
  directory: string,
  { acceptDamage = false, ...choice }: LoadTrainedOptions = {},
): Promise<LoadedRun | TrainedModel> {
  if (isExported(directory)) {
    return loadExported(directory, choice);
  }
  // Configurations need parsers that take a tenth of a second to load, and an export has none.
  const { loadRun } = await import('./loadRun.ts');
  return loadRun(directory, { ...choice, acceptDamage, orExport: true });
}

/** Whether a model was loaded from a run folder. */
export function isRun(trained: LoadedRun | TrainedModel): trained is LoadedRun {
  return 'paths' in trained;
}
