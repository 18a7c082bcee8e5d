// Where a model has couplings with checkerboards, and that they take turns.
import { describe, expect, it } from 'vitest';
import type { ImageShape } from '../../core/numeric/arrays.ts';
import { constant } from '../../tensor/tensor.ts';
import { asConstants, runOnce } from '../../testing/programValues.ts';
import { randomImages, randomParameters } from '../checks/randomParameters.ts';
import { parametersFrom } from '../contract/parameters.ts';
import { glowConditioner } from '../coupling/glowConditioner.ts';
import { channelHalves, defineConditioner, defineMask } from '../coupling/parts.ts';
import { Glow } from './glow.ts';
import type { ModelOptions } from './options.ts';
import type { Stage } from './stages.ts';

const imageShape: ImageShape = [8, 4, 1];

function buildStages(options: Partial<ModelOptions>) {
  return new Glow(imageShape, { levels: 2, depth: 3, conditioner: { width: 4 }, mixing: '1x1', ...options })
    .stages;
}

/** The pixels that a stage's coupling leaves unchanged, by row. */
async function keptBy({ bijection }: Stage): Promise<boolean[]> {
  const layer = bijection.parts!.coupling!;
  const [height, width, channels] = layer.inputShape;
  const parameters = asConstants(randomParameters(layer.parameters));
  const x = randomImages(1, layer.inputShape, 'x');
  const { y } = layer.forward(constant(x), parametersFrom(parameters));
  const { y: values } = await runOnce({ inputs: {}, outputs: { y } }, {}, 'float64');
  return Array.from({ length: height * width }, (_, pixel) =>
    x.data
      .subarray(pixel * channels, (pixel + 1) * channels)
      .every((value, channel) => value === values!.data[pixel * channels + channel]),
  );
}

/** The pixels of a parity, by row. */
function ofParity(parity: number, [height, width]: readonly number[]): boolean[] {
  return Array.from(
    { length: height! * width! },
    (_, pixel) => (Math.floor(pixel / width!) + (pixel % width!)) % 2 === parity,
  );
}

describe('couplings with checkerboards', () => {
  it('are made only where the model has some', () => {
    const seen: (readonly number[])[] = [];
    const network = glowConditioner({ width: 2 });
    const noting = defineConditioner({
      name: 'noting',
      summary: 'Notes shapes.',
      build: () => ({
        ...network,
        parameters(shape, output) {
          seen.push(shape);
          return network.parameters(shape, output);
        },
      }),
    });
    buildStages({ conditioner: noting });
    expect(seen).toEqual([
      [4, 2, 2],
      [2, 1, 4],
    ]);
  });

  it.each<[ModelOptions['checkerboard'], string[]]>([
    [2, ['levels/0/checkerboards/0', 'levels/0/checkerboards/1']],
    [
      [1, 2],
      ['levels/0/checkerboards/0', 'levels/1/checkerboards/0', 'levels/1/checkerboards/1'],
    ],
    [0, []],
    [[], []],
  ])('are before the squeezes that %j asks for', (checkerboard, paths) => {
    const without = buildStages({});
    const stages = buildStages({ checkerboard: checkerboard! });
    const added = stages.filter(({ kind }) => kind === 'pixelStep');
    expect(added.map(({ path }) => path)).toEqual(paths);
    for (const { path, level } of added) {
      expect(path.startsWith(`levels/${level}/`)).toBe(true);
      const stageIndex = stages.findIndex((stage) => stage.path === path);
      expect(stages.slice(stageIndex).find(({ kind }) => kind !== 'pixelStep')!.path).toBe(
        `levels/${level}/squeeze`,
      );
    }
    const otherStages = stages.filter(({ kind }) => kind !== 'pixelStep');
    const described = (list: typeof stages) =>
      list.map(({ path, stage }) => [
        path,
        Object.entries(stage.parameters).map(([name, { shape }]) => [name, shape]),
      ]);
    expect(described(otherStages)).toEqual(described(without));
  });

  it('keep the pixels that the one before changes', async () => {
    const [first, second, third] = buildStages({ checkerboard: 3 });
    expect(third!.stage).toBe(first!.stage);
    expect(await keptBy(first!.stage)).toEqual(ofParity(0, imageShape));
    expect(await keptBy(second!.stage)).toEqual(ofParity(1, imageShape));
  });

  it('have the mixing of the model only if that is chosen', () => {
    const layers = (options: Partial<ModelOptions>) =>
      Object.keys(
        buildStages({ checkerboard: 1, mixing: 'emerging', ...options })[0]!.stage.bijection.parts!,
      );
    expect(layers({})).toEqual(['actnorm', 'coupling']);
    expect(layers({ checkerboardMixing: true })).toEqual(['actnorm', 'conv1x1', 'emerging', 'coupling']);
  });

  it('have a width of their own', () => {
    const [first] = buildStages({ checkerboard: 1, checkerboardWidth: 7 });
    expect(first!.stage.parameters['coupling/conv2/kernel']!.shape).toEqual([1, 1, 7, 7]);
  });
});

describe('a mask with turns', () => {
  it('is taken in turn by the steps of a level', async () => {
    const steps = buildStages({ mask: 'checkerboard' }).filter(({ kind }) => kind === 'step');
    expect(steps[0]!.stage).toBe(steps[2]!.stage);
    expect(await keptBy(steps[0]!.stage)).toEqual(ofParity(0, [4, 2]));
    expect(await keptBy(steps[1]!.stage)).toEqual(ofParity(1, [4, 2]));
  });

  it('of a user has as many as it says', () => {
    const askedTurns: number[] = [];
    const mask = (turns: number, name: string) =>
      defineMask({
        name,
        summary: 'Takes turns.',
        turns,
        build: (_, turn) => {
          askedTurns.push(turn);
          return channelHalves;
        },
      });
    buildStages({ mask: mask(3, 'three-turns'), levels: 1 });
    expect(askedTurns).toEqual([0, 1, 2]);
    for (const [index, turns] of [0, 1.5, Number.NaN].entries()) {
      expect(() => buildStages({ mask: mask(turns, `wrong-${index}`) })).toThrow(
        `mask 'wrong-${index}': turns must be a whole number of 1 or more, not ${turns}`,
      );
    }
  });
});
