// Images drawn from a trained model.
import { UserError } from '../core/errors.ts';
import {
  copyInto,
  countDimensions,
  requireArgument,
  requireFinite,
  requireKnown,
  requireWhole,
  type Values,
} from '../core/numeric/index.ts';
import { createConditionRows } from './conditions.ts';
import type { SampleOptions } from './flowModelOptions.ts';
import type { ImagePrograms } from './imagePrograms.ts';
import { compileDecoder, decodeBatch, drawFromPriors } from './latents.ts';
import { blankImages, blankOut, toPixels } from './pixels.ts';
import { DEFAULT_TEMPERATURE } from './temperature.ts';

const sampleOptions: Readonly<Record<keyof SampleOptions, true>> = {
  count: true,
  class: true,
  condition: true,
  temperature: true,
  seed: true,
  onOverflow: true,
  onPixels: true,
  signal: true,
  onProgress: true,
};

/** Draws images, `[count, H, W, C]`: see `FlowModel.sample`. */
export async function sampleImages(programs: ImagePrograms, options: SampleOptions): Promise<Values> {
  requireArgument(
    typeof options === 'object' && options !== null,
    'sample needs options, such as sample({ count: 16 })',
  );
  requireKnown(options, sampleOptions);
  const {
    count,
    class: choice,
    condition,
    temperature = DEFAULT_TEMPERATURE,
    seed = 0,
    onOverflow,
    onPixels,
    ...following
  } = options;
  requireWhole('count', count, 0);
  requireFinite('temperature', temperature, 0);
  requireWhole('seed', seed, 0);
  const { imageShape, classes } = programs.model;
  const dimensions = countDimensions(imageShape);
  const pixels = blankImages(count, programs.model);
  const inTurn = Array.from({ length: count }, (_, image) => image % classes.length);
  const choices = { class: choice, condition };
  const conditionAt = createConditionRows(programs.model, choices, count, inTurn);
  const overflowed: number[] = [];
  await programs.inBatches(count, compileDecoder, following, async (program, first, end) => {
    const draw = { first, count: end - first, temperature, seed };
    const latents = await drawFromPriors(programs, draw, { signal: following.signal });
    const values = await decodeBatch(program, latents, conditionAt(first, end));
    blankOut(values, programs.model).forEach((image) => {
      overflowed.push(first + image);
    });
    copyInto(pixels, toPixels(values, programs.model), first * dimensions);
    onPixels?.(pixels, end);
  });
  if (overflowed.length > 0) {
    if (!onOverflow) {
      throw new UserError(
        'diverged',
        `${overflowed.length} of ${count} samples have non-finite values, the first is image ${overflowed[0]}: ` +
          'try a lower temperature, or train longer',
      );
    }
    onOverflow(overflowed);
  }
  return pixels;
}
