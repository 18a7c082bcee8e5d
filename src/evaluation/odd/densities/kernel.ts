// A kernel density estimate: a Gaussian around every vector.
import { type DensityEstimator, type Rows, whiten } from './rows.ts';

/**
 * The mean of Gaussians around the rows, with the shape of their shrunk covariance and the width of Silverman's rule,
 * (4/((d + 2)·n))^(1/(d + 4)).
 */
export const kernel: DensityEstimator = (rows) => kernelWithout(rows, 0);

/**
 * The same without the nearest 1 % of the Gaussians, at least one: otherwise, a single odd row would make what is like it
 * probable. As densities, the values are too small.
 */
export const robustKernel: DensityEstimator = (rows) => kernelWithout(rows, Math.ceil(NEAREST * rows.count));

const NEAREST = 0.01;

function kernelWithout(rows: Rows, nearest: number): ReturnType<DensityEstimator> {
  const whitening = whiten(rows);
  const centres = whitening.apply(rows);
  const { width, count } = centres;
  const bandwidth = (4 / ((width + 2) * count)) ** (1 / (width + 4));
  const constant =
    whitening.logDet - width * (Math.log(bandwidth) + 0.5 * Math.log(2 * Math.PI)) - Math.log(count);
  return (others) => {
    const points = whitening.apply(others);
    const exponents = new Float64Array(count);
    const counted = exponents.subarray(0, Math.max(1, count - nearest));
    return Float64Array.from({ length: points.count }, (_, row) => {
      for (let centre = 0; centre < count; centre++) {
        let square = 0;
        for (let place = 0; place < width; place++) {
          square += (points.data[row * width + place]! - centres.data[centre * width + place]!) ** 2;
        }
        exponents[centre] = -0.5 * square * bandwidth ** -2;
      }
      exponents.sort();
      const largest = counted.at(-1)!;
      return constant + largest + Math.log(counted.reduce((sum, one) => sum + Math.exp(one - largest), 0));
    });
  };
}
