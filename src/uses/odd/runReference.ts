// The statistics of a run's validation images, stored with it at the end of training. A file of its own: pages load it late.
import type { FlowModel, WorkOptions } from '../../model/index.ts';
import { LARGEST_SCORES, parseScores, SCORES_FILE, scoresText } from '../../model/referenceScores.ts';
import type { Run } from '../../runs/open/index.ts';
import { dataName } from '../../runs/settings/experimentName.ts';
import { measureReference, referenceImages, requireFinite } from './reference.ts';

/**
 * Measures validation images of a trained run and stores their statistics, unless it has them or no images.
 *
 * @param options.images the most images to measure; default 2,000
 * @throws UserError (`diverged`) if the bits/dim of an image are not finite, or if the file is damaged or cannot be written
 */
export async function storeRunReference(
  model: FlowModel,
  { config, dataset, store }: Pick<Run, 'config' | 'dataset' | 'store'>,
  { images, ...following }: WorkOptions & { readonly images?: number | undefined } = {},
): Promise<void> {
  const file = await store.readFile(SCORES_FILE, LARGEST_SCORES);
  const stored = file && parseScores(file.text, file.path);
  const data = dataName(config);
  const isStored = stored?.fingerprint === model.fingerprint && stored.data === data;
  if (dataset.validation.count === 0 || isStored) {
    return;
  }
  const reference = referenceImages(dataset.validation, images);
  const scores = await measureReference(model, reference, data, following);
  requireFinite(scores);
  await store.writeFile(SCORES_FILE, scoresText(scores));
}
