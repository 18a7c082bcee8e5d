// `emerging bench inverse`: times the inverse of each mixing's layer and measures its error.
import { type Command, InvalidArgumentError } from 'commander';
import { timeInverses } from '../../benchmarks/timeInverse.ts';
import { UserError } from '../../errors.ts';
import { type Mixing, mixings } from '../../models/mixing.ts';
import { type ImageShape, showImageShape } from '../../numeric/imageShape.ts';
import { addBenchOptions, type BenchOptions, modelOf } from '../bench/benchOptions.ts';
import { compileOptions, wholeNumber } from '../parts/options.ts';
import { formatMilliseconds } from '../terminal/format.ts';
import { writeStdout } from '../terminal/output.ts';
import { withProgress } from '../terminal/progressBars.ts';
import { formatTable } from '../terminal/table.ts';

interface BenchInverseOptions extends BenchOptions {
  shapes?: ImageShape[];
}

/** Adds the command `bench inverse`. */
export function registerBenchInverse(bench: Command): void {
  const command = bench
    .command('inverse')
    .description("time the inverse of each mixing's layer at the shape of every level");
  addBenchOptions(command, { batch: 64, rounds: 9 })
    .option('--shapes <HxWxC,…>', 'the input shapes to time (default: the shapes of all levels)', shapeList)
    .addHelpText(
      'after',
      '\nExamples:\n  emerging bench inverse --mixing 1x1,emerging,periodic\n' +
        '  emerging bench inverse --shapes 8x8x12,16x16x12,32x32x12',
    )
    .action((options: BenchInverseOptions) => runBenchInverse(options));
}

async function runBenchInverse(options: BenchInverseOptions): Promise<void> {
  const { mixing: names, batch, rounds, levels, kernelSize } = options;
  const shapes = options.shapes ?? levelShapes(modelOf(options).imageShape, levels);
  for (const mixing of names) {
    for (const shape of shapes) {
      requireFits(mixing, shape, kernelSize);
    }
  }
  const engine = await compileOptions(options);
  const times = await withProgress((show) =>
    timeInverses({
      mixings: names,
      kernelSize,
      shapes,
      batchSize: batch,
      rounds,
      onProgress: (done) => show('layer', done, names.length * shapes.length),
      ...engine,
    }),
  );
  if (options.json) {
    const list = times.map(({ shape, ...rest }) => ({ ...rest, shape: showImageShape(shape) }));
    writeStdout(`${JSON.stringify(list)}\n`);
    return;
  }
  const rows = times.map(({ mixing, shape, method, seconds, forwardSeconds, error }) => [
    mixing,
    showImageShape(shape),
    method,
    formatMilliseconds(seconds, 2),
    formatMilliseconds(forwardSeconds, 2),
    error.toExponential(1),
  ]);
  const table = formatTable(
    [
      { title: 'MIXING' },
      { title: 'SHAPE' },
      { title: 'METHOD' },
      { title: 'INVERSE, MS', align: 'right' },
      { title: 'FORWARD, MS', align: 'right' },
      { title: 'ERROR', align: 'right' },
    ],
    rows,
  );
  writeStdout(`${table}\n\nbatch ${batch}, medians of ${rounds} rounds\n`);
}

/** Builds the layer once, to report a shape that it does not accept as wrong usage. */
function requireFits(mixing: Mixing, shape: ImageShape, kernelSize: number): void {
  try {
    mixings[mixing].layers(shape, { kernelSize, dilation: 1 });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new UserError(
      'invalid-argument',
      `${mixing} does not accept images of ${showImageShape(shape)}: ${why}`,
      { cause },
    );
  }
}

function shapeList(text: string): ImageShape[] {
  return text.split(',').map((each) => {
    const [height, width, channels, ...more] = each.split('x').map(wholeNumber(1));
    if (height === undefined || width === undefined || channels === undefined || more.length > 0) {
      throw new InvalidArgumentError('It must be a list of HEIGHTxWIDTHxCHANNELS, such as 8x8x12,16x16x12.');
    }
    return [height, width, channels];
  });
}

/** The input shape of the steps of each level. */
function levelShapes([height, width, channels]: ImageShape, levels: number): ImageShape[] {
  return Array.from({ length: levels }, (_, level) => [
    height / 2 ** (level + 1),
    width / 2 ** (level + 1),
    // A squeeze multiplies the channels by four, and a split removes half of them.
    4 * channels * 2 ** level,
  ]);
}
