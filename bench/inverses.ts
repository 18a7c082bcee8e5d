// The inverse of one layer: at the levels of the paper's model for CIFAR-10, and against the size of the image.
//
//   npx tsx bench/inverses.ts
//
// Prints the tables of docs/performance.md and writes its plot, docs/inverses.png. About a minute.
import type { InverseTimes } from '../src/benchmarks/timeInverse.ts';
import { formatMilliseconds } from '../src/cli/terminal/format.ts';
import { markdownTable } from '../src/evaluation/reports/markdownTable.ts';
import { writeDocumentPlot } from './shared/documentPlot.ts';
import { machine } from './shared/machine.ts';
import { emergingJson } from './shared/processes.ts';

/** As output by `emerging bench inverse --json`. */
type Inverse = Omit<InverseTimes, 'shape'> & { readonly shape: string };

const SIDES = [8, 16, 32, 64];
const CHANNELS = 12;
const mixings = ['--mixing', '1x1,emerging,periodic'];

const levels = await emergingJson<Inverse[]>('bench', 'inverse', ...mixings);
const shapes = SIDES.map((side) => `${side}x${side}x${CHANNELS}`);
const sizes = await emergingJson<Inverse[]>(
  ...['bench', 'inverse', ...mixings, '--shapes', shapes.join(','), '--rounds', '5'],
);

const heightOf = ({ shape }: Inverse): number => Number(shape.split('x')[0]);
const perPixel = (result: Inverse): number => (1e6 * result.seconds) / heightOf(result) ** 2;
const nameOf = ({ mixing, method }: Inverse): string =>
  method === 'sequential' ? `${mixing}, ${method}` : mixing;
const names = [...new Set(sizes.map(nameOf))];

process.stdout.write(
  `${machine()}; ${levels[0]!.batch} images\n\n${markdownTable(
    ['layer', 'shape', 'method', 'inverse, ms', 'forward, ms', 'error'],
    levels.map(({ mixing, shape, method, seconds, forwardSeconds, error }) => [
      ...[mixing, shape, method],
      ...[seconds, forwardSeconds].map((each) => formatMilliseconds(each, 2)),
      error.toExponential(1),
    ]),
  )}\n\nThe inverse, µs a pixel of all images, ${CHANNELS} channels:\n\n${markdownTable(
    ['layer', ...SIDES.map((side) => `${side}x${side}`)],
    names.map((name) => [
      name,
      ...sizes.filter((each) => nameOf(each) === name).map((each) => perPixel(each).toFixed(2)),
    ]),
  )}\n`,
);

await writeDocumentPlot('inverses', {
  title: 'The inverse of one layer, by the size of the image',
  subtitle: `time for one pixel position in all ${sizes[0]!.batch} images of a batch, ${CHANNELS} channels`,
  x: { label: 'Height and width', unit: 'pixels', log: true, ticks: 'own', range: [7, 73] },
  y: { label: 'Time per pixel', unit: 'µs', log: true },
  series: names.map((name) => ({
    name,
    kind: 'line and points',
    faint: name.startsWith('1x1') || name.startsWith('periodic'),
    points: sizes
      .filter((each) => nameOf(each) === name)
      .map((each) => ({ x: heightOf(each), y: perPixel(each) })),
  })),
});
