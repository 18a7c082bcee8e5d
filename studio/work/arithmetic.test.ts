// The arithmetic of a stage at one value: its lines lead from the stage's input to its output.
import { FlowModel } from 'emerging-flows';
import { Glow } from 'emerging-flows/flows';
import { constant } from 'emerging-flows/tensor';
import { afterAll, describe, expect, it } from 'vitest';
import type { ImageShape } from '../../src/core/numeric/arrays.ts';
import { randomParameters } from '../../src/flows/checks/randomParameters.ts';
import type { ModelOptions } from '../../src/flows/models/options.ts';
import { tinyImages } from '../../src/testing/tinyImages.ts';
import { type Line, type Place, stageArithmetic } from './arithmetic.ts';

const opened: FlowModel[] = [];
afterAll(() => Promise.all(opened.map((model) => model.release())));

const imageShape: ImageShape = [8, 12, 1];
const images = Uint8Array.from([...tinyImages(1, 12, 3)].slice(0, 96));

function createModel(changed: Partial<ModelOptions>): FlowModel {
  const glow = new Glow(imageShape, { levels: 2, depth: 1, conditioner: { width: 6 }, bits: 8, ...changed });
  const parameters = Object.fromEntries(
    Object.entries(randomParameters(glow.parameters)).map(([path, array]) => [path, constant(array)]),
  );
  const model = new FlowModel({ model: glow, parameters }, { threads: 1 });
  opened.push(model);
  return model;
}

const placesIn = ([height, width, channels]: ImageShape): Place[] => [
  [0, 0, 0],
  [height - 1, width - 1, channels - 1],
  [1, 0, channels - 1],
  [0, 1, Math.floor(channels / 2)],
];

/** The value that a line begins with. */
const firstValue = (line: Line): number | undefined => ('value' in line ? line.value : undefined);

describe.each<[string, Partial<ModelOptions>]>([
  ['emerging, affine', { mixing: 'emerging' }],
  ['1x1, additive, standard normal latents', { mixing: '1x1', coupling: 'additive', learnedPrior: false }],
  ['finc, checkerboards, mixtures', { mixing: 'finc', checkerboard: 2, coupling: 'mixture' }],
  ['reverse, splines', { mixing: 'reverse', coupling: 'spline' }],
  ['convexp, without maps', { mixing: 'convexp' }],
])('%s', (_, changed) => {
  it('leads from the input of every stage to its output', async () => {
    const model = createModel(changed);
    const precision = 'float64';
    const stages = await model.stageImages(images, { precision });
    const image = Float64Array.from(images, (level) => (level + 0.5) / 256 - 0.5);
    let x = { shape: [1, ...imageShape], data: image } as (typeof stages)[number]['output'] & object;
    for (const [index, stage] of stages.entries()) {
      const array = stage.latent ?? stage.output!;
      const [, ...shape] = array.shape as [number, number, number, number];
      const arithmetic = await stageArithmetic(model, index, { precision, class: undefined });
      for (const location of placesIn(shape)) {
        const lines = await arithmetic.linesAt(x, location);
        const expected = array.data[(location[0] * shape[1] + location[1]) * shape[2] + location[2]]!;
        expect(Math.abs(lines.at(-1)!.result - expected), `${stage.path} ${location}`).toBeLessThan(
          1e-6 * (1 + Math.abs(expected)),
        );
        lines.slice(1).forEach((line, before) => {
          const begins = firstValue(line);
          if (begins !== undefined) {
            expect(Math.abs(begins - lines[before]!.result)).toBeLessThan(1e-6 * (1 + Math.abs(begins)));
          }
        });
      }
      await arithmetic.release();
      x = stage.output ?? x;
    }
  });
});

it('adds up the bits of all latents', async () => {
  const model = createModel({ mixing: '1x1' });
  const stages = await model.stageImages(images, { precision: 'float64' });
  const last = stages.length - 1;
  const arithmetic = await stageArithmetic(model, last, { precision: 'float64', class: undefined });
  const [, height, width, channels] = stages[last]!.latent!.shape as [number, number, number, number];
  let bits = 0;
  for (let index = 0; index < height * width * channels; index++) {
    const pixel = Math.floor(index / channels);
    const location: Place = [Math.floor(pixel / width), pixel % width, index % channels];
    const [line] = await arithmetic.linesAt(stages[last - 1]!.output!, location);
    bits += line!.kind === 'density' ? line!.bits : Number.NaN;
  }
  await arithmetic.release();
  // The noise moves the other shares of the image, and hardly its latents'.
  const shares = (await model.stageBits(images, { draws: 1 })).data;
  expect(Math.abs(bits / shares.at(-1)! - 1)).toBeLessThan(0.2);
});
