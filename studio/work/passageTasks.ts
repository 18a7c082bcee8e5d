// The values of images on their way through a flow, as pictures after every stage.
import type { FlowModel } from 'emerging-flows';
import { parametersFrom } from 'emerging-flows/flows';
import { compile, input, OPEN_BATCH, operations, type Program, type Tensor } from 'emerging-flows/tensor';
import type { Call } from './calls.ts';
import { eightBit, type Images, type ModelAddress, modelAt } from './models.ts';

const { concatenate, slice } = operations;

/** Images on their way between noise and pixels. */
export interface Passage {
  /** The noise, then what it is after each stage was undone, but for squeezes; the last are the images. */
  readonly frames: readonly Images[];
}

/** Which way the values are computed; either way they are the same. */
type Direction = 'decode' | 'encode';

/** The programs by model and direction. */
const programs = new Map<string, Promise<Program>>();

/** The tasks, by name. */
export const passageTasks = {
  /** Turns noise into images: a standard normal number for every value of an image, where its pictures show it. */
  async passageFromNoise(
    { model: address, noise }: { readonly model: ModelAddress; readonly noise: Float32Array },
    call: Call,
  ): Promise<Passage & { readonly overflowed: number }> {
    const model = await modelAt(address, call);
    const values = await run(address, model, 'decode', noise);
    const size = imageSize(model);
    const images = values.at(-1)!;
    let overflowed = 0;
    for (let start = 0; start < images.length; start += size) {
      overflowed += images.subarray(start, start + size).every(Number.isFinite) ? 0 : 1;
    }
    return { ...draw(model, values), overflowed };
  },

  /** Turns one image into noise, and back to count how many of its values return. */
  async passageFromImage(
    { model: address, pixels }: { readonly model: ModelAddress; readonly pixels: Uint8Array },
    call: Call,
  ): Promise<Passage & { readonly recovered: number }> {
    const model = await modelAt(address, call);
    // A grey level is an interval: a random number in it leaves no trace of the levels in the noise.
    const fraction = (index: number): number => 0.1 + 0.8 * ((index * 0.618_034 + 0.137 * (index % 7)) % 1);
    const x = Float32Array.from(pixels, (level, index) => (level + fraction(index)) / 256 - 0.5);
    const values = await run(address, model, 'encode', x);
    const returned = (await run(address, model, 'decode', values[0]!)).at(-1)!;
    const levels = eightBit(model.toPixels(returned));
    return {
      ...draw(model, values),
      recovered: pixels.filter((level, index) => level === levels[index]).length,
    };
  },
};

/** The values at every frame, from the noise to the images. */
async function run(
  address: ModelAddress,
  model: FlowModel,
  direction: Direction,
  x: Float32Array,
): Promise<Float32Array[]> {
  const key = JSON.stringify([direction, address]);
  const program = programs.get(key) ?? compilePassage(model, direction);
  programs.set(key, program);
  program.catch(() => programs.delete(key));
  const results = await (await program).run({
    x: { shape: [x.length / imageSize(model), ...model.imageShape], data: x },
  });
  return Object.keys(results).map((_, index) => Float32Array.from(results[`frame${index}`]!.data));
}

/** The values of one image. */
function imageSize({ imageShape: [height, width, channels] }: FlowModel): number {
  return height * width * channels;
}

type PlacedStage = FlowModel['model']['stages'][number];

function compilePassage(flowModel: FlowModel, direction: Direction): Promise<Program> {
  const { model, parameters } = flowModel;
  const p = parametersFrom(parameters);
  const x = input('x', [OPEN_BATCH, ...model.imageShape]);
  const pictures: Tensor[] = [];
  const latents: Tensor[] = [];
  if (direction === 'encode') {
    pictures.push(x);
    model.stageResults(x, p).forEach(({ y, epsilon }, index) => {
      latents.push(...(epsilon ? [epsilon] : []));
      if (model.stages[index]!.kind !== 'squeeze') {
        pictures.push(asPicture(model.stages.slice(0, index + 1), y, latents));
      }
    });
    pictures.reverse();
  } else {
    latents.push(...splitNoise(model.stages, x));
    pictures.push(x);
    let y: Tensor | undefined;
    for (let index = model.stages.length - 1; index >= 0; index--) {
      const { path, kind, stage } = model.stages[index]!;
      const epsilon = stage.latentShape && latents.pop()!;
      y = stage.inverse({ ...(y && { y }), ...(epsilon && { epsilon }) }, p.at(path));
      if (kind !== 'squeeze') {
        pictures.push(asPicture(model.stages.slice(0, index), y, latents));
      }
    }
  }
  const outputs = Object.fromEntries(pictures.map((picture, index) => [`frame${index}`, picture]));
  return compile({ inputs: { x }, outputs });
}

/**
 * Arranges the values after some stages like the pixels: it undoes the squeezes and joins the halves of the splits, and
 * changes no value.
 */
function asPicture(
  stages: readonly PlacedStage[],
  y: Tensor | undefined,
  latents: readonly Tensor[],
): Tensor {
  const remaining = [...latents];
  let picture = y;
  for (const { kind, stage } of stages.toReversed()) {
    if (stage.latentShape) {
      const epsilon = remaining.pop()!;
      picture = picture ? concatenate([picture, epsilon], 3) : epsilon;
    } else if (kind === 'squeeze') {
      picture = stage.bijection.inverse(picture!, parametersFrom({}));
    }
  }
  return picture!;
}

/** The latents in a picture of noise: what `asPicture` has arranged. */
function splitNoise(stages: readonly PlacedStage[], picture: Tensor): Tensor[] {
  const latents: Tensor[] = [];
  let y = picture;
  for (const { kind, stage } of stages) {
    if (stage.latentShape) {
      const [, , channels] = stage.bijection.inputShape;
      const kept = stage.outputShape?.[2] ?? 0;
      latents.push(kept === 0 ? y : slice(y, 3, kept, channels));
      y = kept === 0 ? y : slice(y, 3, 0, kept);
    } else if (kind === 'squeeze') {
      y = stage.bijection.forward(y, parametersFrom({})).y;
    }
  }
  return latents;
}

/** Draws each frame with its own contrast; the last, which is the image, unchanged. */
function draw(model: FlowModel, values: readonly Float32Array[]): Passage {
  return {
    frames: values.map((frame, index) => {
      const [low, high] = index === values.length - 1 ? [-0.5, 0.5] : rangeOfMost(frame);
      return {
        shape: model.imageShape,
        pixels: Uint8Array.from(frame, (value) =>
          Math.round(255 * Math.min(1, Math.max(0, (value - low) / (high - low)))),
        ),
      };
    }),
  };
}

/** The range of most values. */
function rangeOfMost(values: Float32Array): readonly [low: number, high: number] {
  const sorted = values.filter(Number.isFinite).sort();
  const quantile = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
  const [low, high] = [quantile(0.005), quantile(0.995)];
  return high > low ? [low, high] : [low - 1, high + 1];
}
