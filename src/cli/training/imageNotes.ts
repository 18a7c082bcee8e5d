// What the user should know about the images and the start of a run before training.
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

/** What a run takes over from the model that it starts from. */
export function originNotes({ origin }: PreparedRun): string[] {
  if (origin === undefined) {
    return [];
  }
  const { name, taken, fresh, unused } = origin;
  const whole = fresh.length === 0 && unused.length === 0;
  return [
    `starting from the weights of ${name}: ${whole ? 'all' : formatCount(taken.length)} arrays of parameters`,
    ...(fresh.length === 0
      ? []
      : [`${name} has no ${placesOf(fresh)}: ${formatCounted(fresh.length, 'array')} with initial values`]),
    ...(unused.length === 0
      ? []
      : [`not used: ${formatCounted(unused.length, 'array')} of ${name}, in ${placesOf(unused)}`]),
  ];
}

/** Where parameters are in a model: `dequantiser, levels/1/steps/3`; of many places the first ones. */
function placesOf(paths: readonly string[]): string {
  const most = 3;
  const places = [...new Set(paths.map((path) => /^levels\/\d+(\/steps\/\d+)?|^[^/]+/.exec(path)![0]))];
  const rest = places.length - most;
  return rest > 0 ? `${places.slice(0, most).join(', ')} and ${rest} more` : places.join(', ');
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
