// A kernel density estimate: a Gaussian around every vector.
import { type DensityEstimator, whiten } from './rows.ts';

/**
 * The mean of Gaussians around the rows, with the shape of their shrunk covariance and the width of Silverman's rule,
 * (4/((d + 2)·n))^(1/(d + 4)).
 */
export const kernel: DensityEstimator = (rows) => {
  const whitening = whiten(rows);
  const centres = whitening.apply(rows);
  const { width, count } = centres;
  const bandwidth = (4 / ((width + 2) * count)) ** (1 / (width + 4));
  const constant =
    whitening.logDet - width * (Math.log(bandwidth) + 0.5 * Math.log(2 * Math.PI)) - Math.log(count);
  return (others) => {
    const points = whitening.apply(others);
    const exponents = new Float64Array(count);
    return Float64Array.from({ length: points.count }, (_, row) => {
      let largest = Number.NEGATIVE_INFINITY;
      for (let centre = 0; centre < count; centre++) {
        let square = 0;
        for (let place = 0; place < width; place++) {
          square += (points.data[row * width + place]! - centres.data[centre * width + place]!) ** 2;
        }
        exponents[centre] = -0.5 * square * bandwidth ** -2;
        largest = Math.max(largest, exponents[centre]!);
      }
      return constant + largest + Math.log(exponents.reduce((sum, one) => sum + Math.exp(one - largest), 0));
    });
  };
};
