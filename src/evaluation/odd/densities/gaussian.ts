// A Gaussian fitted to vectors, its covariance shrunk.
import { type DensityEstimator, whiten } from './rows.ts';

/** The Gaussian with the mean and the shrunk covariance of the rows. */
export const gaussian: DensityEstimator = (rows) => {
  const whitening = whiten(rows);
  return (others) => {
    const { count, width, data } = whitening.apply(others);
    const constant = whitening.logDet - 0.5 * width * Math.log(2 * Math.PI);
    return Float64Array.from({ length: count }, (_, row) => {
      let energy = 0;
      for (let index = row * width; index < (row + 1) * width; index++) {
        energy += data[index]! ** 2;
      }
      return constant - 0.5 * energy;
    });
  };
};
