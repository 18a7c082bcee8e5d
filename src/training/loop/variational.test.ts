// Training with variational dequantisation: the bound falls below the bound with uniform noise.
import { expect, it } from 'vitest';
import { mean, median } from '../../core/numeric/statistics.ts';
import { Glow } from '../../flows/models/glow.ts';
import { FlowModel } from '../../model/flowModel.ts';
import { trainedModel } from '../../model/trainedModel.ts';
import type { Config } from '../../runs/settings/configSchema.ts';
import { tinyRunFolders } from '../../testing/tinyRunFolders.ts';
import { tinyConfig, tinyDataset } from '../../testing/tinyRuns.ts';

const dataset = tinyDataset(8);
const { begin } = tinyRunFolders(dataset);

it('beats the bound of the same density with uniform noise', async () => {
  const config = tinyConfig(
    { warmupSteps: 10, learningRate: 0.01, steps: 150 },
    { conditioner: { width: 8 }, mixing: '1x1', bits: 1, dequantisation: { name: 'variational', width: 8 } },
  );
  const { state } = await begin('long', {}, config);
  const buildFlow = (model: Config['model']): FlowModel => {
    const { parameters } = trainedModel(new Glow(dataset.imageShape, config.model), state);
    return new FlowModel({ model: new Glow(dataset.imageShape, model), parameters }, { threads: 1 });
  };
  const { dequantisation: _, ...uniform } = config.model;
  const [variational, plain] = [buildFlow(config.model), buildFlow(uniform)];
  const bound = await variational.bitsPerDimByDraw(dataset.train, { draws: 8 });
  const looser = await plain.bitsPerDimByDraw(dataset.train, { draws: 8 });
  const differences = bound[0]!.map((_, image) =>
    mean(bound.map((draw, index) => draw[image]! - looser[index]![image]!)),
  );
  // Not their mean: after so short a training, a single image can be far out.
  expect(median(differences)).toBeLessThan(-0.05);
  // Encoding does not depend on q.
  const pixels = new Uint8Array(2 * 64).map((_, index) => 255 * (index % 2));
  const [latents, others] = [await variational.encode(pixels), await plain.encode(pixels)];
  expect(latents).toEqual(others);
  expect(await variational.decode(latents)).toEqual(pixels);
  await variational.release();
  await plain.release();
});
