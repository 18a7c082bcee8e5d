// The rational-quadratic splines of couplings.

/** A spline on [−bound, bound], the identity outside: bin widths and heights, and slopes at the inner knots. */
export interface Spline {
  readonly bound: number;
  readonly widths: readonly number[];
  readonly heights: readonly number[];
  readonly slopes: readonly number[];
}

/** A spline from unconstrained numbers: softmax for bins, softplus for slopes. Zeros give the identity. */
export function createSpline(
  numbers: { widths: readonly number[]; heights: readonly number[]; slopes: readonly number[] },
  bound: number,
): Spline {
  const shares = (values: readonly number[]): number[] => {
    const powers = values.map(Math.exp);
    const sum = powers.reduce((total, power) => total + power, 0);
    return powers.map((power) => (2 * bound * power) / sum);
  };
  return {
    bound,
    widths: shares(numbers.widths),
    heights: shares(numbers.heights),
    slopes: numbers.slopes.map((value) => Math.log1p(Math.exp(value + Math.log(Math.expm1(1))))),
  };
}

/** Bin k of a spline: origin, size, mean slope, and slopes at its ends. */
function piece({ bound, widths, heights, slopes }: Spline, k: number) {
  const before = (lengths: readonly number[]): number =>
    lengths.slice(0, k).reduce((sum, length) => sum + length, -bound);
  const derivatives = [1, ...slopes, 1];
  const [width, height] = [widths[k]!, heights[k]!];
  return {
    ...{ x: before(widths), y: before(heights), width, height, mean: height / width },
    ...{ first: derivatives[k]!, last: derivatives[k + 1]! },
  };
}

/** The bin that contains a value along an axis. */
function binIndex(lengths: readonly number[], bound: number, value: number): number {
  let end = -bound;
  const bin = lengths.findIndex((length) => {
    end += length;
    return value < end;
  });
  return bin === -1 ? lengths.length - 1 : bin;
}

/** The value of a spline at x, and its slope there. */
export function splineAt(spline: Spline, x: number): { y: number; slope: number } {
  if (Math.abs(x) >= spline.bound) {
    return { y: x, slope: 1 };
  }
  const p = piece(spline, binIndex(spline.widths, spline.bound, x));
  const t = (x - p.x) / p.width;
  const bend = p.first + p.last - 2 * p.mean;
  const divisor = p.mean + bend * t * (1 - t);
  return {
    y: p.y + (p.height * (p.mean * t ** 2 + p.first * t * (1 - t))) / divisor,
    slope:
      (p.mean ** 2 * (p.last * t ** 2 + 2 * p.mean * t * (1 - t) + p.first * (1 - t) ** 2)) / divisor ** 2,
  };
}

/** The x where a spline has the value y: the root of a quadratic equation. */
export function splineInverse(spline: Spline, y: number): number {
  if (Math.abs(y) >= spline.bound) {
    return y;
  }
  const p = piece(spline, binIndex(spline.heights, spline.bound, y));
  const rise = y - p.y;
  const bend = p.first + p.last - 2 * p.mean;
  const a = p.height * (p.mean - p.first) + rise * bend;
  const b = p.height * p.first - rise * bend;
  const c = -p.mean * rise;
  return p.x + (p.width * 2 * c) / (-b - Math.sqrt(b ** 2 - 4 * a * c));
}
