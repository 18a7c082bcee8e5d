// A picture of points: the first two numbers of each.
import type { Values } from '../../core/numeric/index.ts';
import { plotPng } from './drawPlot.ts';

/**
 * The first two numbers of points as a scatter plot, as the bytes of a PNG.
 *
 * @param values the numbers of all points, point after point
 * @param dimensions how many numbers a point has, 2 or more
 * @throws RangeError if no point is finite
 */
export function pointsPicture(values: Values, dimensions: number): Promise<Uint8Array> {
  const points = Array.from({ length: values.length / dimensions }, (_, index) => ({
    x: values[index * dimensions]!,
    y: values[index * dimensions + 1]!,
  })).filter(({ x, y }) => Number.isFinite(x) && Number.isFinite(y));
  return plotPng({
    x: { label: 'x0' },
    y: { label: 'x1' },
    series: [{ name: 'points', kind: 'points', faint: true, points }],
    width: 560,
    height: 560,
  });
}
