// The statistics of a run's validation images, measured at the end of its training and stored with it.
import { dataName } from '../../experiments/experimentName.ts';
import type { Run } from '../../runs/open/openRun.ts';
import {
  foundScores,
  LARGEST_SCORES,
  parseCachedScores,
  SCORES_FILE,
  validationOf,
  withScores,
} from '../../trained/loading/cachedScores.ts';
import type { FlowModel } from '../../trained/model/flowModel.ts';
import type { WorkOptions } from '../../trained/model/workOptions.ts';
import { measureReference, referenceImages, requireFinite } from './reference.ts';

/**
 * Measures validation images of a trained run and stores their statistics, unless it has them or there are no images.
 *
 * @param options.images the most images to measure; default 2,000
 * @throws UserError (`diverged`) if the bits/dim of an image are not finite, or if the file is damaged or cannot be written
 */
export async function storeRunReference(
  model: FlowModel,
  { config, dataset, store }: Pick<Run, 'config' | 'dataset' | 'store'>,
  { images, ...following }: WorkOptions & { readonly images?: number | undefined } = {},
): Promise<void> {
  const of = validationOf(config);
  const { fingerprint } = model;
  const file = await store.readFile(SCORES_FILE, LARGEST_SCORES);
  const cached = file === undefined ? [] : parseCachedScores(file.text, file.path);
  if (dataset.validation.count === 0 || foundScores(cached, of, { fingerprint })?.statistics !== undefined) {
    return;
  }
  const reference = referenceImages(dataset.validation, images);
  const scores = await measureReference(model, reference, dataName(config), following);
  requireFinite(scores);
  await store.writeFile(SCORES_FILE, withScores(cached, of, scores));
}
