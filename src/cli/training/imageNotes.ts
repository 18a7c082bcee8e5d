// Notes for the user on the images of a run, printed before training.
import { type Dataset, ENOUGH_IMAGES, MOST_SHARE } from '../../data/contract/dataset.ts';
import type { Config } from '../../experiments/configSchema.ts';
import { unitOf } from '../../models/unit.ts';
import { formatCount, formatCounted } from '../terminal/format.ts';
import type { PreparedRun } from './preparedRun.ts';

/** The values of a channel far from 0 are multiples of 2⁻²³ of its mean; a density would learn steps above this share of the deviation. */
const MOST_RESOLUTION = 0.01;

/** How many images are held out; empty if the publisher chose the validation images, or there are none. */
export function heldOutText({ holdOut, validation }: Dataset): string {
  return holdOut && validation.count > 0 ? `, ${formatCount(validation.count)} held out for validation` : '';
}

/** The share of the training images that would hold out enough of them, but at most a fifth. */
function largerShare({ holdOut, train, validation }: Dataset): string {
  const all = train.count + validation.count;
  const share = Math.min(MOST_SHARE, Math.ceil((100 * ENOUGH_IMAGES) / all) / 100);
  return holdOut && share * all > validation.count
    ? `data.validation=${share} holds out ${formatCount(Math.round(share * all))} in a new run`
    : 'add images';
}

/** A warning about the first channel of which float32 has only few different values. */
function coarseChannels(continuous: Config['model']['continuous']): string[] {
  if (continuous === undefined || continuous === true) {
    return [];
  }
  const { mean, deviation } = continuous;
  const steps = deviation.map((each, channel) => (2 ** -23 * Math.abs(mean[channel]!)) / each);
  const channel = steps.findIndex((step) => step > MOST_RESOLUTION);
  return channel === -1
    ? []
    : [
        `float32 resolves the values around ${mean[channel]}${steps.length > 1 ? ` in channel ${channel}` : ''} only to ` +
          `${(100 * steps[channel]!).toPrecision(2)} % of their deviation: subtract the mean before you save them`,
      ];
}

/** What the user should know about the images before training on them. */
export function imageNotes({ config, dataset, otherImages, paths }: PreparedRun): string[] {
  const { count } = dataset.validation;
  return [
    ...(otherImages === undefined
      ? []
      : [`resuming with other images: ${paths.dataRecord} now describes them`]),
    ...(count > 0 && count < ENOUGH_IMAGES
      ? [
          `only ${formatCounted(count, 'validation image')}: their ${unitOf(config.model).name} is imprecise, and so are score percentiles; ` +
            largerShare(dataset),
        ]
      : []),
    ...coarseChannels(config.model.continuous),
  ];
}
