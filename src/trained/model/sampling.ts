// Images drawn from a trained model.
import { UserError } from '../../errors.ts';
import { dimensionsOf } from '../../numeric/imageShape.ts';
import { requireFinite, requireWhole } from '../../numeric/optionValues.ts';
import { conditionRowsOf } from './conditions.ts';
import type { SampleOptions } from './flowModelOptions.ts';
import type { ImagePrograms } from './imagePrograms.ts';
import { DEFAULT_TEMPERATURE, drawLatents } from './latents.ts';
import { compileDecoder, decodeBatch } from './modelPrograms.ts';
import { blackOut, blackPixels, pixelsOf } from './pixels.ts';

/** Draws images, `[count, H, W, C]`: see `FlowModel.sample`. */
export async function sampleImages(
  programs: ImagePrograms,
  {
    count,
    class: choice,
    condition,
    temperature = DEFAULT_TEMPERATURE,
    seed = 0,
    onOverflow,
    onPixels,
    ...following
  }: SampleOptions,
): Promise<Uint8Array> {
  requireWhole('count', count, 0);
  requireFinite('temperature', temperature, 0);
  requireWhole('seed', seed, 0);
  const { imageShape, latentShapes, classes, options } = programs.model;
  const dimensions = dimensionsOf(imageShape);
  const pixels = blackPixels(count, imageShape);
  const inTurn = Array.from({ length: count }, (_, image) => image % classes.length);
  const given = { class: choice, condition };
  const conditionAt = conditionRowsOf(programs.model, given, count, inTurn);
  const overflowed: number[] = [];
  await programs.inBatches(count, compileDecoder, following, async (program, first, end) => {
    const draw = { first, count: end - first, temperature, seed };
    const values = await decodeBatch(program, drawLatents(latentShapes, draw), conditionAt(first, end));
    blackOut(values, dimensions).forEach((image) => {
      overflowed.push(first + image);
    });
    pixels.set(pixelsOf(values, options.bits), first * dimensions);
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
