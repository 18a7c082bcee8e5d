// The inverse of one layer: at the levels of the paper's model for CIFAR-10, and against the size of the image.
//
//   npx tsx bench/inverses.ts
//   npx tsx bench/inverses.ts --mixing maf
//
// Prints the tables of docs/performance.md and, with the default mixings, writes its plot, docs/inverses.png. Each mixing
// is timed by the layer that it is named after (emerging without the 1x1 before it), with frozen weights; emerging also by
// the sequential method, in float64. About a minute.
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { parseChoices } from '../src/app/cli/parts/options.ts';
import { formatMilliseconds } from '../src/app/cli/terminal/format.ts';
import { countElements, type ImageShape, type NdArray, showImageShape } from '../src/core/numeric/arrays.ts';
import { RandomStream } from '../src/core/numeric/random.ts';
import { largestDifference, median } from '../src/core/numeric/statistics.ts';
import { writeFileAtomically } from '../src/data/files/partialFiles.ts';
import { plotPng } from '../src/data/pictures/drawPlot.ts';
import { type Bijection, chain } from '../src/flows/contract/bijection.ts';
import { parametersFrom } from '../src/flows/contract/parameters.ts';
import { layersOfMixing, type Mixing, mixingNames, mixings } from '../src/flows/models/partRegistries.ts';
import { markdownTable } from '../src/model/card/reportText.ts';
import { type CompileOptions, compile, type Program } from '../src/tensor/engine/program.ts';
import { releaseAfter } from '../src/tensor/engine/resources.ts';
import { constant, input } from '../src/tensor/tensor.ts';
import { measureInTurn, secondsFor } from '../src/training/study/measureInTurn.ts';
import { hasInverseMethods } from './shared/benchModel.ts';
import { machine } from './shared/machine.ts';

/** The time of one layer's inverse by one method. */
interface InverseTimes {
  readonly mixing: Mixing;
  readonly shape: ImageShape;
  readonly method: string;
  /** The medians over the rounds. */
  readonly seconds: number;
  readonly forwardSeconds: number;
  /** The largest |inverse(y) − x| for y = forward(x), x normal, the forward map in float64. */
  readonly error: number;
}

const LEVELS: readonly ImageShape[] = [
  [16, 16, 12],
  [8, 8, 24],
  [4, 4, 48],
];
const SIDES = [8, 16, 32, 64];
const CHANNELS = 12;
const BATCH = 64;
const [LEVEL_ROUNDS, SIZE_ROUNDS] = [9, 5];
const defaultMixings: readonly Mixing[] = ['1x1', 'emerging', 'periodic'];

const { mixing: chosen = defaultMixings } = new Command('inverses')
  .option('--mixing <name,…>', 'the mixings', parseChoices('mixing', mixingNames))
  .parse()
  .opts<{ mixing?: Mixing[] }>();

const levels = await timeInverses(LEVELS, LEVEL_ROUNDS);
const sizes = await timeInverses(
  SIDES.map((side) => [side, side, CHANNELS]),
  SIZE_ROUNDS,
);

async function timeInverses(shapes: readonly ImageShape[], rounds: number): Promise<InverseTimes[]> {
  const results: InverseTimes[] = [];
  for (const mixing of chosen) {
    for (const shape of shapes) {
      process.stderr.write(`${mixing} ${showImageShape(shape)}\n`);
      results.push(...(await timeLayer(mixing, shape, rounds)));
    }
  }
  return results;
}

function timeLayer(mixing: Mixing, shape: ImageShape, rounds: number): Promise<InverseTimes[]> {
  // The layer that a mixing is named after is its last one.
  const parts = Object.entries(layersOfMixing(mixing, shape));
  const layer = chain(mixing, Object.fromEntries([parts.at(-1)!]));
  const batchShape = [BATCH, ...shape];
  const x: NdArray = {
    shape: batchShape,
    data: new RandomStream(1, 'bench').normals(countElements(batchShape)),
  };
  return releaseAfter(async (keep) => {
    const program = async (direction: 'forward' | 'inverse', options: CompileOptions = {}) =>
      keep(await mapProgram(layer, batchShape, direction, options));
    const y = (await (await program('forward', { precision: 'float64' })).run({ x })).y!;
    const single = { shape: batchShape, data: Float32Array.from(y.data) };
    const [forward, backward] = [await program('forward'), await program('inverse')];
    const methods: [string, () => Promise<NdArray>][] = [
      [mixings.find(mixing).inverse!, async () => (await backward.run({ x: single })).y!],
    ];
    if (hasInverseMethods(mixing)) {
      const sequential = await program('inverse', { precision: 'float64', inverse: 'sequential' });
      methods.push(['sequential', async () => (await sequential.run({ x: y })).y!]);
    }
    const outputs: NdArray[] = [];
    const inverses = methods.map(([, run], index) => async () => {
      outputs[index] = await run();
    });
    const [forwardTimes, ...inverseTimes] = await measureInTurn(
      [() => forward.run({ x: single }), ...inverses].map((work) => () => secondsFor(work)),
      { warmUp: 1, rounds },
    );
    return methods.map(([method], index) => ({
      ...{ mixing, shape, method },
      seconds: median(inverseTimes[index]!),
      forwardSeconds: median(forwardTimes!),
      error: largestDifference(outputs[index]!.data, x.data),
    }));
  });
}

/** A map of a layer, with initial parameters that are moved a little, as by training. */
function mapProgram(
  layer: Bijection,
  shape: readonly number[],
  direction: 'forward' | 'inverse',
  options: CompileOptions,
): Promise<Program> {
  const tensors = Object.entries(layer.parameters).map(([path, { shape, trained, initial }]) => {
    const start = initial(new RandomStream(2, 'start', path));
    const move = new RandomStream(2, 'move', path);
    const data = trained ? start.map((value) => value + 0.02 * move.normal()) : start;
    return [path, constant({ shape, data })] as const;
  });
  const p = parametersFrom(Object.fromEntries(tensors));
  const x = input('x', shape);
  const y = direction === 'forward' ? layer.forward(x, p).y : layer.inverse(x, p);
  return compile({ inputs: { x }, outputs: { y } }, options);
}

const perPixel = ({ seconds, shape: [height] }: InverseTimes): number => (1e6 * seconds) / height ** 2;
const label = ({ mixing, method }: InverseTimes): string =>
  method === 'sequential' ? `${mixing}, ${method}` : mixing;
const labels = [...new Set(sizes.map(label))];

process.stdout.write(
  `${machine()}; ${BATCH} images\n\n${markdownTable(
    ['layer', 'shape', 'method', 'inverse, ms', 'forward, ms', 'error'],
    levels.map(({ mixing, shape, method, seconds, forwardSeconds, error }) => [
      ...[mixing, showImageShape(shape), method],
      ...[seconds, forwardSeconds].map((each) => formatMilliseconds(each, 2)),
      error.toExponential(1),
    ]),
  )}\n\nThe inverse, µs a pixel of all images, ${CHANNELS} channels:\n\n${markdownTable(
    ['layer', ...SIDES.map((side) => `${side}x${side}`)],
    labels.map((name) => [
      name,
      ...sizes.filter((each) => label(each) === name).map((each) => perPixel(each).toFixed(2)),
    ]),
  )}\n`,
);

if (chosen === defaultMixings) {
  const plot = await plotPng({
    title: 'The inverse of one layer, by the size of the image',
    subtitle: `time for one pixel position in all ${BATCH} images of a batch, ${CHANNELS} channels`,
    x: { label: 'Height and width', unit: 'pixels', log: true, ticks: 'own', range: [7, 73] },
    y: { label: 'Time per pixel', unit: 'µs', log: true },
    series: labels.map((name) => ({
      name,
      kind: 'line and points',
      faint: name.startsWith('1x1') || name.startsWith('periodic'),
      points: sizes
        .filter((each) => label(each) === name)
        .map((each) => ({ x: each.shape[0], y: perPixel(each) })),
    })),
  });
  const file = fileURLToPath(new URL('../docs/inverses.png', import.meta.url));
  writeFileAtomically(file, plot);
  process.stderr.write(`wrote ${file}\n`);
}
