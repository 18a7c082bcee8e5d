// The plots of a study: curves, differences, density against sampling time.
import type { Plot, PlotSeries } from '../../src/pictures/plot.ts';
import type { ComparisonResult, StudyResults } from './results.ts';

const CAPTION = 'validation images; points: mean over seeds, bars: 95 % intervals over seeds';

/** Validation bits/dim of each mixing over the seconds of training. */
export function curvesPlot({ study }: StudyResults, comparison: ComparisonResult): Plot {
  return {
    title: `${study.title}: ${comparison.title.toLowerCase()}`,
    subtitle: `${CAPTION} (${seedCount(comparison)})`,
    x: { label: 'training time', unit: 's', log: true },
    y: { label: 'bits/dim' },
    series: comparison.rows.map(({ mixing, curve }) => ({
      name: mixing,
      kind: 'line and points',
      points: curve.map(({ seconds, value }) => ({
        x: seconds,
        y: value.mean,
        ...(value.seedInterval !== null && { error: value.seedInterval }),
      })),
    })),
  };
}

/** The difference to the first mixing over the steps, at equal steps. */
export function differencesPlot({ study }: StudyResults, comparison: ComparisonResult): Plot {
  const [first, ...others] = comparison.rows;
  const zero: PlotSeries = {
    name: first!.mixing,
    kind: 'line',
    dashed: true,
    points: first!.curve.map(({ step }) => ({ x: step, y: 0 })),
  };
  return {
    title: `${study.title}: difference to ${first!.mixing} at equal steps`,
    subtitle: `${CAPTION} (${seedCount(comparison)})`,
    x: { label: 'step' },
    y: { label: `difference to ${first!.mixing}`, unit: 'bits/dim' },
    series: [
      zero,
      ...others.map(
        ({ mixing, curve }): PlotSeries => ({
          name: mixing,
          kind: 'line and points',
          points: curve.map(({ step, difference }) => ({
            x: step,
            y: difference!.mean,
            ...(difference!.seedInterval !== null && { error: difference!.seedInterval }),
          })),
        }),
      ),
    ],
  };
}

/** Test bits/dim against the time to sample an image; null where no samples were timed. */
export function samplingPlot(results: StudyResults): Plot | null {
  const series = densityRows(results).map(
    ({ mixing, inverse, milliseconds, bitsPerDim }): PlotSeries => ({
      name: mixing === 'emerging' ? `${mixing}, ${inverse}` : mixing,
      kind: 'points',
      points: [{ x: milliseconds, y: bitsPerDim }],
    }),
  );
  return series.length === 0
    ? null
    : {
        title: `${results.study.title}: density against sampling time`,
        subtitle: 'test images, mean over seeds',
        x: { label: 'time to sample an image', unit: 'ms', log: true },
        y: { label: 'bits/dim' },
        series,
      };
}

/** A way to sample beside the bits/dim of its mixing. */
interface DensityRow {
  readonly mixing: string;
  readonly inverse: string;
  readonly milliseconds: number;
  readonly range: readonly [number, number];
  /** The mean over the seeds of the first comparison that has the mixing. */
  readonly bitsPerDim: number;
  readonly seeds: number;
}

/** Every way of sampling that was timed, of mixings that a table has bits/dim of. */
export function densityRows({ sampling, comparisons }: StudyResults): DensityRow[] {
  return (sampling?.times ?? []).flatMap((time) => {
    const row = comparisons.flatMap(({ rows }) => rows).find(({ mixing }) => mixing === time.mixing);
    return row === undefined ? [] : { ...time, bitsPerDim: row.test.mean, seeds: row.test.seeds };
  });
}

function seedCount({ seeds }: ComparisonResult): string {
  return seeds.length === 1 ? 'one seed: no interval' : `${seeds.length} seeds`;
}
