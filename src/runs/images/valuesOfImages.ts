// Fills in model options from the training images: their bits, or the mean and the deviation of each channel.

import { UserError } from '../../core/errors.ts';
import { bitsOfKind, Moments } from '../../core/numeric/index.ts';
import { nextTurn } from '../../core/platform/index.ts';
import { bytesPerImage, type Dataset, type ImageSet } from '../../data/contract/index.ts';
import { batchesInOrder } from '../../data/index.ts';
import { requireKind, valueBits } from '../../flows/models/index.ts';
import type { Config } from '../settings/configSchema.ts';

/** Images are read in blocks of about this many bytes. */
const BLOCK_BYTES = 2 ** 23;

/** A channel is constant if it deviates by less than this share of its mean, which float32 does not resolve. */
const LEAST_RELATIVE_DEVIATION = 2 ** -20;

/**
 * A configuration for these images: where `model.continuous` is true, it has their standardisation, and without bits, it has
 * theirs.
 *
 * @throws UserError if the values are not of the kind that the model takes, or a channel is constant
 */
export async function withStandardisation(
  config: Config,
  { name, train }: Pick<Dataset, 'name' | 'train'>,
): Promise<Config> {
  const { continuous, bits } = config.model;
  const imageBits = bitsOfKind(train.kind);
  const model =
    continuous === undefined && bits === undefined && imageBits !== undefined
      ? { ...config.model, bits: imageBits }
      : config.model;
  requireKind(train.kind, { bits: valueBits(model) }, name);
  return {
    ...config,
    model: continuous === true ? { ...model, continuous: await measureStandardisation(train, name) } : model,
  };
}

/**
 * The mean and the standard deviation of each channel, rounded to float32, and the names of the numbers of points.
 *
 * @throws UserError (`invalid-data`) if one is constant, NaN or infinite
 */
async function measureStandardisation(
  images: ImageSet,
  name: string,
): Promise<{ mean: number[]; deviation: number[]; columns?: string[] }> {
  const { columns, imageShape } = images;
  const [, , channels] = imageShape;
  const moments = Array.from({ length: channels }, () => new Moments());
  const atOnce = Math.max(1, Math.min(images.count, Math.floor(BLOCK_BYTES / bytesPerImage(images))));
  for (const { images: block, count } of batchesInOrder(images, atOnce)) {
    const end = (block.length / atOnce) * count;
    moments.forEach((moment, channel) => {
      for (let index = channel; index < end; index += channels) {
        moment.add(block[index]!);
      }
    });
    await nextTurn();
  }
  const mean = moments.map((moment) => Math.fround(moment.mean));
  const deviation = moments.map((moment) => Math.fround(moment.deviation));
  const wrong = deviation.findIndex(
    (each, channel) => !(each > LEAST_RELATIVE_DEVIATION * Math.abs(mean[channel]!) && Number.isFinite(each)),
  );
  if (wrong !== -1) {
    const subject = channels === 1 ? 'the training images are' : `channel ${wrong} of the training images is`;
    throw new UserError(
      'invalid-data',
      `${name}: ${subject} ${whyUnusable(mean[wrong]!, deviation[wrong]!, channels)}`,
    );
  }
  return { mean, deviation, ...(columns && { columns: [...columns] }) };
}

function whyUnusable(mean: number, deviation: number, channels: number): string {
  if (!Number.isFinite(deviation)) {
    return 'not finite: replace the values that are NaN or infinite';
  }
  return deviation > 0
    ? `nearly constant (mean ${mean}, standard deviation ${deviation.toPrecision(2)}), which float32 hardly resolves: subtract the mean before you save them`
    : `constant (${mean}): a constant has no density; use other images${channels === 1 ? '' : ', or leave this channel out'}`;
}
