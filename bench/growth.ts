// The time of a training step against depth, width, batch and image size, each changed alone.
//
//   npx tsx bench/growth.ts
//
// Prints the times and writes their plot, docs/growth.png. About a minute.
import { paperModel } from '../src/benchmarks/benchModel.ts';
import { timeTraining } from '../src/benchmarks/timeTraining.ts';
import { formatMilliseconds } from '../src/cli/terminal/format.ts';
import { markdownTable } from '../src/evaluation/reports/markdownTable.ts';
import { median } from '../src/numeric/statistics.ts';
import { writeDocumentPlot } from './shared/documentPlot.ts';
import { machine } from './shared/machine.ts';

const base = { depth: 4, width: 128, batch: 16, size: 32 };
type Setting = typeof base;
const varied: { [Key in keyof Setting]: readonly number[] } = {
  depth: [2, 4, 8, 16],
  width: [32, 64, 128, 256, 512],
  batch: [4, 8, 16, 32, 64],
  size: [16, 32, 64],
};
const names: { [Key in keyof Setting]: string } = {
  depth: 'depth',
  width: 'width',
  batch: 'batch',
  size: 'height and width of the images',
};

async function stepSeconds({ depth, width, batch, size }: Setting): Promise<number> {
  const [times] = await timeTraining({
    models: [{ ...paperModel, depth, width, mixing: 'emerging' }],
    imageShape: [size, size, 3],
    batchSize: batch,
    rounds: 5,
    products: false,
  });
  return median(times!.steps);
}

const results: { key: keyof Setting; value: number; seconds: number }[] = [];
for (const key of Object.keys(varied) as (keyof Setting)[]) {
  for (const value of varied[key]) {
    process.stderr.write(`${key} ${value}\n`);
    results.push({ key, value, seconds: await stepSeconds({ ...base, [key]: value }) });
  }
}

const milliseconds = (seconds: number): string => formatMilliseconds(seconds, seconds < 0.1 ? 1 : 0);
const of = (key: keyof Setting): typeof results => results.filter((result) => result.key === key);
process.stdout.write(
  `${machine()}; 3 levels, depth ${base.depth}, width ${base.width}, batch ${base.batch}, ` +
    `${base.size}x${base.size}x3, emerging, except for what is changed\n\n${markdownTable(
      ['parameter', 'values', 'step, ms'],
      (Object.keys(varied) as (keyof Setting)[]).map((key) => [
        names[key],
        of(key)
          .map(({ value }) => value)
          .join(', '),
        of(key)
          .map(({ seconds }) => milliseconds(seconds))
          .join(', '),
      ]),
    )}\n`,
);

await writeDocumentPlot('growth', {
  title: 'A training step, as the model grows',
  subtitle: `from depth ${base.depth}, width ${base.width}, batch ${base.batch}, ${base.size}x${base.size}x3, one changed at a time`,
  x: { label: 'Times the starting value', log: true, ticks: 'own' },
  y: { label: 'Time of a step', unit: 's', log: true },
  series: (Object.keys(varied) as (keyof Setting)[]).map((key) => ({
    name: names[key],
    kind: 'line and points',
    points: of(key).map(({ value, seconds }) => ({ x: value / base[key], y: seconds })),
  })),
});
