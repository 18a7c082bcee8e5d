// Which of several runs is ahead, in words.
import { bitsPerDimUnit } from '../../../src/models/unit.ts';
import type { CurveAxis, PlottedRun } from './curveSeries.ts';

/** A run and its result on validation images. */
interface Placed {
  readonly name: string;
  readonly bitsPerDim: number;
}

/**
 * Which run has the lowest bits/dim of the validation images, at the last step or time that all have reached; undefined if
 * fewer than two have been validated by then.
 *
 * @param runs with the same images
 */
export function comparisonText(runs: readonly PlottedRun[], axis: CurveAxis): string | undefined {
  const measured = runs.filter(({ curve }) => curve.validation.length > 0);
  if (measured.length < 2) {
    return undefined;
  }
  const place = ({ curve }: PlottedRun, step: number): number =>
    axis === 'steps' ? step : curve.secondsAt(step);
  const end = Math.min(...measured.map((run) => place(run, run.curve.validation.at(-1)!.step)));
  const placed = measured.flatMap((run): Placed[] => {
    const last = run.curve.validation.findLast(({ step }) => place(run, step) <= end);
    return last && Number.isFinite(last.bitsPerDim) ? [{ name: run.name, bitsPerDim: last.bitsPerDim }] : [];
  });
  const [best, second] = placed.toSorted((a, b) => a.bitsPerDim - b.bitsPerDim);
  if (best === undefined || second === undefined) {
    return undefined;
  }
  const [{ unit = bitsPerDimUnit }] = runs as [PlottedRun];
  const when =
    axis === 'steps'
      ? `After ${end.toLocaleString('en')} steps`
      : `After ${Math.round(end).toLocaleString('en')} seconds`;
  const difference = unit.of(second.bitsPerDim - best.bitsPerDim);
  const others = placed.length > 2 ? 'the next, ' : '';
  return difference < 0.0005
    ? `${when}, ${best.name} and ${second.name} are equal on the validation images (${unit.text(best.bitsPerDim, 3)}).`
    : `${when}, ${best.name} needs ${unit.text(best.bitsPerDim, 3)} for the validation images, ${difference.toFixed(3)} less than ${others}${second.name}. With other seeds the order may differ.`;
}
