// The computation of a model's stage at one value: its maps in order, with the numbers.
import type { FlowModel, NdArray } from 'emerging-flows';
import { type Condition, type ElementaryMap, type Parameters, parametersFrom } from 'emerging-flows/flows';
import { compile, constant, input, operations, type Tensor } from 'emerging-flows/tensor';

/** The precision of a computation. */
export type Precision = 'float32' | 'float64';

const { slice } = operations;

/** Row, column and channel, from 0; also height, width and channels. */
export type Place = readonly [row: number, column: number, channel: number];

/** A term of a weighted sum. */
export interface Term {
  readonly place: Place;
  readonly weight: number;
  readonly value: number;
}

/** One map at one value; `result` is the value after it. */
export type Line = { readonly layer: string; readonly result: number } & (
  | { readonly kind: 'moved'; readonly from: Place }
  | { readonly kind: 'shift' | 'scale'; readonly value: number; readonly by: number }
  | { readonly kind: 'sum'; readonly terms: readonly Term[] }
  | { readonly kind: 'kept'; readonly value: number }
  | { readonly kind: 'coupling'; readonly value: number; readonly shift: number; readonly scale: number }
  | { readonly kind: 'curve' | 'layer'; readonly value: number }
  | {
      readonly kind: 'density';
      readonly value: number;
      readonly mean: number;
      readonly deviation: number;
      /** −log2 of the density of `value`. */
      readonly bits: number;
    }
);

type Bijection = FlowModel['model']['stages'][number]['stage']['bijection'];
type Arrays = Readonly<Record<string, NdArray['data']>>;

/** Computes the lines of a stage from its input. */
export interface StageArithmetic {
  /**
   * @param x the input of the stage, for one image
   * @param location of the value: of the latent in a split and at the top, otherwise of the output
   */
  linesAt(x: NdArray, location: Place): Promise<Line[]>;
  release(): Promise<void>;
}

/** Compiles what the lines of a stage need. */
export async function stageArithmetic(
  { model, parameters }: FlowModel,
  index: number,
  { precision, class: name }: { readonly precision: Precision; readonly class: string | undefined },
): Promise<StageArithmetic> {
  const { path, stage } = model.stages[index]!;
  const p = parametersFrom(parameters).at(path);
  const { inputShape } = stage.bijection;
  const x = input('x', [1, ...inputShape]);
  const outputs: Record<string, Tensor> = {};
  let lines: (arrays: Arrays, location: Place) => Line[];
  if (stage.scaling && stage.base) {
    const keptChannels = inputShape[2] - stage.latentShape![2];
    const first = keptChannels === 0 ? undefined : slice(x, 3, 0, keptChannels);
    const condition = parseCondition(model.classes, name);
    Object.assign(outputs, stage.scaling(first, p, condition));
    const { y } = stage.bijection.forward(x, p, condition);
    outputs.energy = stage.base.energy(
      keptChannels === 0 ? y : slice(y, 3, keptChannels, inputShape[2]),
      p.at('base'),
    );
    const { logNormaliser = 0 } = stage.base;
    lines = (arrays, position) => [
      describeDensity(arrays, position, { inputShape, kept: keptChannels, logNormaliser }),
    ];
  } else {
    const layers = tracedLayers(stage.bijection, { x, p, key: 'layer', outputs });
    lines = (arrays, location) => linesThroughLayers(layers, arrays, location);
  }
  const program = await compile({ inputs: { x }, outputs }, { precision });
  return {
    async linesAt(values, location) {
      const results = await program.run({ x: values });
      const arrays = Object.fromEntries(Object.entries(results).map(([key, { data }]) => [key, data]));
      return lines({ ...arrays, x: values.data }, location);
    },
    release: () => program.release(),
  };
}

function parseCondition(classes: readonly string[], name: string | undefined): Condition {
  if (name === undefined) {
    return {};
  }
  const data = Float32Array.from(classes, (className) => (className === name ? 1 : 0));
  return { classes: constant({ shape: [1, classes.length], data }) };
}

/** The density of a latent: the value at its place among the last channels, less its location, over its scale. */
function describeDensity(
  { x, location, logScale, energy }: Arrays,
  target: Place,
  {
    inputShape,
    kept: keptChannels,
    logNormaliser,
  }: { readonly inputShape: Place; readonly kept: number; readonly logNormaliser: number },
): Line {
  const [, width, channels] = inputShape;
  const index = flatIndex(target, [0, width, channels - keptChannels]);
  const value = x![flatIndex([target[0], target[1], keptChannels + target[2]], inputShape)]!;
  const logarithm = logScale?.[index] ?? 0;
  const normal = { mean: location?.[index] ?? 0, deviation: Math.exp(logarithm) };
  const result = (value - normal.mean) / normal.deviation;
  const nats = energy![index]! + logarithm + logNormaliser;
  return { kind: 'density', layer: 'prior', value, ...normal, result, bits: nats / Math.LN2 };
}

/** A layer without parts, and where the arrays of its numbers are. */
interface Layer {
  readonly name: string;
  /** Pairs the output with its input, and the input with its result. */
  readonly before: string;
  readonly after: string;
  readonly inputShape: Place;
  readonly outputShape: Place;
  /** Its maps, each with the prefix of its arrays, and the number of channels that it changes. */
  readonly maps: readonly {
    readonly map: ElementaryMap;
    readonly key: string;
    readonly channels: number;
  }[];
}

interface Tracing {
  readonly x: Tensor;
  readonly p: Parameters;
  /** The prefix of its arrays. */
  readonly key: string;
  /** Where to put what must be computed. */
  readonly outputs: Record<string, Tensor>;
}

/** The layers of a bijection in order; what their lines need is added to `outputs`. */
function tracedLayers(bijection: Bijection, { x, p, key, outputs }: Tracing): Layer[] {
  const { inputShape, outputShape, name } = bijection;
  if (bijection.parts) {
    let image = x;
    return Object.entries(bijection.parts).flatMap(([part, layer]) => {
      const innerLayers = tracedLayers(layer, { x: image, p: p.at(part), key: `${key}/${part}`, outputs });
      image = layer.forward(image, p.at(part)).y;
      return innerLayers;
    });
  }
  outputs[`${key}/before`] = x;
  outputs[`${key}/after`] = bijection.forward(x, p).y;
  const maps = (bijection.maps?.(p) ?? []).map((map, index) => {
    const mapKey = `${key}/${index}`;
    const arrays = mapArrays(map, mapKey, x, inputShape);
    Object.assign(outputs, arrays);
    return { map, key: mapKey, channels: (arrays[`${mapKey}/changed`] ?? x).shape.at(-1)! };
  });
  return [{ name, before: `${key}/before`, after: `${key}/after`, inputShape, outputShape, maps }];
}

/** What the lines of a map need, under names that begin with `key`. */
function mapArrays(map: ElementaryMap, key: string, x: Tensor, shape: Place): Record<string, Tensor> {
  const size = shape[0] * shape[1] * shape[2];
  // An image of its own places shows which value goes where.
  const places = constant({
    shape: [1, ...shape],
    data: Float32Array.from({ length: size }, (_, index) => index),
  });
  switch (map.kind) {
    case 'order':
      return { [`${key}/from`]: map.apply(places) };
    case 'shift':
      return { [`${key}/by`]: map.bias };
    case 'scale':
      return { [`${key}/by`]: map.scale };
    case 'matrix':
      return { [`${key}/weight`]: map.weight };
    case 'corner':
      return { [`${key}/weight`]: map.kernel };
    case 'coupling':
      return { [`${key}/changed`]: map.changed(places), [`${key}/numbers`]: map.numbers(x) };
  }
}

/** The lines of layers for a value of the result of the last one. */
function linesThroughLayers(layers: readonly Layer[], arrays: Arrays, location: Place): Line[] {
  let current = location;
  return layers
    .toReversed()
    .map((layer) => {
      const { lines, from } = layerLines(layer, arrays, current);
      current = from;
      return lines;
    })
    .toReversed()
    .flat();
}

/** The lines of a layer for a value of its result, and the place in its input that they begin with. */
function layerLines(
  { name, before, after, inputShape, outputShape, maps }: Layer,
  arrays: Arrays,
  location: Place,
): { readonly lines: Line[]; readonly from: Place } {
  if (maps.length === 0) {
    const [value, result] = [arrays[before]!, arrays[after]!].map(
      (values) => values[flatIndex(location, outputShape)]!,
    );
    return { lines: [{ kind: 'layer', layer: name, value: value!, result: result! }], from: location };
  }
  /** The value at a place after so many maps. */
  const cache = new Map<string, number>();
  const valueAt = (count: number, location: Place): number => {
    if (count === 0) {
      return arrays[before]![flatIndex(location, inputShape)]!;
    }
    const key = `${count} ${location}`;
    const value = cache.get(key) ?? findLine(count - 1, location).result;
    cache.set(key, value);
    return value;
  };
  const findLine = (index: number, location: Place): Line =>
    mapLine(maps[index]!, {
      ...{ layer: name, arrays, at: location, inputShape, outputShape },
      after: arrays[after]![flatIndex(location, outputShape)]!,
      valueAt: (inputLocation) => valueAt(index, inputLocation),
    });
  const lines: Line[] = [];
  let current = location;
  for (let index = maps.length - 1; index >= 0; index--) {
    const line = findLine(index, current);
    lines.unshift(line);
    current = line.kind === 'moved' ? line.from : current;
  }
  return { lines, from: current };
}

interface MapPlace {
  readonly layer: string;
  readonly arrays: Arrays;
  readonly at: Place;
  readonly inputShape: Place;
  readonly outputShape: Place;
  /** The value there after the layer. */
  readonly after: number;
  /** A value of the map's input. */
  valueAt(location: Place): number;
}

/** The line of a map for a value of its result. */
function mapLine(
  { map, key, channels }: Layer['maps'][number],
  { layer, arrays, at: location, inputShape, outputShape, after, valueAt }: MapPlace,
): Line {
  const [row, column, channel] = location;
  const array = (part: string): NdArray['data'] => arrays[`${key}/${part}`]!;
  const sumLine = (terms: readonly Term[]): Line => {
    const result = terms.reduce((sum, { weight, value }) => sum + weight * value, 0);
    return { kind: 'sum', layer, terms: terms.filter(({ weight }) => weight !== 0), result };
  };
  switch (map.kind) {
    case 'order': {
      const from = arrayPosition(array('from')[flatIndex(location, outputShape)]!, inputShape);
      return { kind: 'moved', layer, from, result: valueAt(from) };
    }
    case 'shift':
    case 'scale': {
      const [value, by] = [valueAt(location), array('by')[channel]!];
      return { kind: map.kind, layer, value, by, result: map.kind === 'shift' ? value + by : value * by };
    }
    case 'matrix': {
      const terms = Array.from({ length: channels }, (_, from): Term => {
        const source: Place = [row, column, from];
        return { place: source, weight: array('weight')[from * channels + channel]!, value: valueAt(source) };
      });
      return sumLine(terms);
    }
    case 'corner': {
      const group = map.kernel.shape.at(-1)!;
      const outputChannel = channel - map.firstChannel;
      if (outputChannel < 0 || outputChannel >= group) {
        return { kind: 'kept', layer, value: valueAt(location), result: valueAt(location) };
      }
      const terms = map.offsets.flatMap(([down, right], tap) =>
        Array.from({ length: group }, (_, from): Term => {
          const source: Place = [row + down, column + right, map.firstChannel + from];
          const inside =
            source[0] >= 0 && source[0] < inputShape[0] && source[1] >= 0 && source[1] < inputShape[1];
          const weight = array('weight')[(tap * group + from) * group + outputChannel]!;
          return { place: source, weight: inside ? weight : 0, value: inside ? valueAt(source) : 0 };
        }),
      );
      return sumLine(terms);
    }
    case 'coupling': {
      const value = valueAt(location);
      const index = array('changed').indexOf(flatIndex(location, inputShape));
      if (index === -1) {
        return { kind: 'kept', layer, value, result: value };
      }
      const { scalar, numbers: count } = map.transformer;
      if (scalar && !('curve' in scalar)) {
        // The first number of every changed channel, then the second.
        const [pixel, channelInMap] = [Math.floor(index / channels), index % channels];
        const numbers = Float64Array.from(
          { length: count },
          (_, number) => array('numbers')[(pixel * count + number) * channels + channelInMap]!,
        );
        const { shift, scale } = scalar.affine(numbers);
        return { kind: 'coupling', layer, value, shift, scale, result: (value + shift) * scale };
      }
      // A coupling is the last map of its layer, whose result is known.
      return { kind: 'curve', layer, value, result: after };
    }
  }
}

function flatIndex([row, column, channel]: Place, [, width, channels]: Place): number {
  return (row * width + column) * channels + channel;
}

function arrayPosition(index: number, [, width, channels]: Place): Place {
  const pixel = Math.floor(index / channels);
  return [Math.floor(pixel / width), pixel % width, index % channels];
}
