// The plots of a study: curves, differences, density against sampling time.
import { formatCounted } from '../../src/cli/terminal/format.ts';
import type { Plot, PlotSeries } from '../../src/pictures/plot.ts';
import type { ComparisonResult, ComparisonRow } from './comparison.ts';
import type { StudyResults } from './results.ts';

/** The least number of seeds for drawing an interval: that of two is wider than any plot. */
const LEAST_FOR_INTERVAL = 3;
/** The offset between error bars at the same step, as a share of all steps. */
const APART = 0.006;

/** Validation bits/dim of each variant over the seconds of training. */
export function curvesPlot({ study }: StudyResults, comparison: ComparisonResult): Plot {
  return {
    title: study.title,
    subtitle: `validation images, ${seedCount(comparison)}: mean (points) and each seed (light)`,
    x: { label: 'training time', unit: 's', log: true },
    y: { label: 'bits/dim' },
    series: comparison.rows.flatMap(({ variant, curve }, hue) => [
      ...comparison.seeds.map((seed, index) =>
        seedLine(
          `${variant}, seed ${seed}`,
          hue,
          curve.map(({ seconds, values }) => ({ x: seconds, y: values[index]! })),
        ),
      ),
      {
        name: variant,
        kind: 'line and points',
        hue,
        points: curve.map(({ seconds, value }) => ({ x: seconds, y: value.mean })),
      } satisfies PlotSeries,
    ]),
  };
}

/** The difference to the first variant over the steps, at equal steps; for runs of equal seconds, over these. */
export function differencesPlot({ study }: StudyResults, comparison: ComparisonResult): Plot {
  const [first, ...others] = comparison.rows;
  const timed = study.seconds !== undefined;
  // Milestones are at equal shares of a run: here, of its seconds.
  const at = (point: ComparisonRow['curve'][number]): number => (timed ? point.seconds : point.step);
  const last = Math.max(0, ...first!.curve.slice(-1).map(at));
  const intervals = comparison.seeds.length >= LEAST_FOR_INTERVAL;
  const zero: PlotSeries = {
    name: first!.variant,
    kind: 'line',
    dashed: true,
    points: first!.curve.map((point) => ({ x: at(point), y: 0 })),
  };
  const bars = intervals ? ', 95 % interval (bars)' : '';
  return {
    title: study.title,
    subtitle: `validation, equal ${timed ? 'training times' : 'steps'}, ${seedCount(comparison)}: mean (points)${bars}, each (light)`,
    x: timed ? { label: 'training time', unit: 's' } : { label: 'step' },
    y: { label: 'difference', unit: 'bits/dim' },
    series: [
      zero,
      ...others.flatMap(({ variant, curve }, index) => [
        ...comparison.seeds.map((seed, place) =>
          seedLine(
            `${variant}, seed ${seed}`,
            index + 1,
            curve.map((point) => ({ x: at(point), y: point.differences![place]! })),
          ),
        ),
        {
          name: variant,
          kind: 'line and points',
          hue: index + 1,
          points: curve.map((point) => ({
            x: at(point) + APART * index * last,
            y: point.difference!.mean,
            ...(intervals && { error: point.difference!.seedInterval! }),
          })),
        } satisfies PlotSeries,
      ]),
    ],
  };
}

function seedLine(name: string, hue: number, points: PlotSeries['points']): PlotSeries {
  return { name, unlisted: true, kind: 'line', faint: true, hue, points };
}

/** Test bits/dim against the time to sample an image; null if no samples were timed. */
export function samplingPlot(results: StudyResults): Plot | null {
  const rows = densityRows(results);
  // Emerging mixing is timed with two inverses, whatever its variant is called.
  const isTimedTwice = (name: string): boolean => rows.filter(({ variant }) => variant === name).length > 1;
  const series = rows.map(
    ({ variant, inverse, milliseconds, bitsPerDim }): PlotSeries => ({
      name: isTimedTwice(variant) ? `${variant}, ${inverse}` : variant,
      kind: 'points',
      points: [{ x: milliseconds, y: bitsPerDim }],
    }),
  );
  return series.length === 0
    ? null
    : {
        title: results.study.title,
        subtitle: 'density of test images (mean over seeds) against sampling time',
        x: { label: 'time to sample an image', unit: 'ms', log: true },
        y: { label: 'bits/dim' },
        series,
      };
}

/** Test bits/dim against the number of parameters, for runs of equal seconds; null for equal steps. */
export function parametersPlot({ study }: StudyResults, { rows }: ComparisonResult): Plot | null {
  return study.seconds === undefined
    ? null
    : {
        title: study.title,
        subtitle: 'density of test images (mean over seeds) against the size of the model',
        x: { label: 'parameters', log: true },
        y: { label: 'bits/dim' },
        series: rows.map(({ variant, parameters, test }, hue) => ({
          name: variant,
          kind: 'points',
          hue,
          points: [{ x: parameters, y: test.mean }],
        })),
      };
}

/** A sampling method with the bits/dim of its variant. */
interface DensityRow {
  readonly variant: string;
  readonly inverse: string;
  readonly milliseconds: number;
  readonly range: readonly [number, number];
  /** The mean over the seeds of the first comparison that has the variant. */
  readonly bitsPerDim: number;
}

/** Every timed sampling method, for variants with bits/dim in a table. */
function densityRows({ sampling, comparisons }: StudyResults): DensityRow[] {
  return (sampling?.times ?? []).flatMap((time) => {
    const row = comparisons.flatMap(({ rows }) => rows).find(({ variant }) => variant === time.variant);
    return row === undefined ? [] : { ...time, bitsPerDim: row.test.mean };
  });
}

function seedCount({ seeds }: ComparisonResult): string {
  return formatCounted(seeds.length, 'seed');
}
