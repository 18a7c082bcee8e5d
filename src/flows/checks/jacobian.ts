// The log-determinant of a layer computed from its values, independently of its own formula.
import { dot, logAbsDeterminant, RandomStream } from '../../core/numeric/index.ts';
import { gaussQuadrature } from '../../core/numeric/spectrum.ts';
import type { LayerMap } from './layerMap.ts';

/** The largest Jacobian that is computed densely, in values per image: its decomposition takes a second. */
export const LARGEST_DENSE = 800;

/**
 * Central differences in float64: the truncation error, of order h², balances the rounding error, 10⁻¹⁶/h.
 */
const STEP = 1e-5;

/** A numerical ln|det J|. */
export interface NumericLogDet {
  readonly value: number;
  /** From the whole Jacobian, or estimated from products with random directions. */
  readonly method: 'dense' | 'directions';
  /** Five standard errors of the estimate, plus what more steps might change; 0 for a dense Jacobian. */
  readonly uncertainty: number;
}

/** ln|det J| at an image from a dense Jacobian of central differences, column by column. */
export async function logDetByDifferences(map: LayerMap, x: Float64Array): Promise<NumericLogDet> {
  const { dimensions } = map;
  // Row i is column i of J: this is the transpose, which has the same determinant.
  const transposed = await differences(map, x, unitDirections(dimensions), STEP);
  return { value: logAbsDeterminant(transposed, dimensions), method: 'dense', uncertainty: 0 };
}

/** ln|det J| at an image from the gradient of every value of the result. */
export async function logDetByGradients(map: LayerMap, x: Float64Array): Promise<NumericLogDet> {
  const { dimensions } = map;
  const rows = await map.pullBack(x, unitDirections(dimensions));
  return { value: logAbsDeterminant(rows, dimensions), method: 'dense', uncertainty: 0 };
}

/** The direction of every value. */
function unitDirections(dimensions: number): Float64Array {
  const units = new Float64Array(dimensions * dimensions);
  for (let index = 0; index < dimensions; index++) {
    units[index * dimensions + index] = 1;
  }
  return units;
}

/** Lanczos steps from each direction; each one matches two more moments of the spectrum of JᵀJ. */
const STEPS = 30;

/**
 * ln|det J| = ½·trace ln(JᵀJ) at an image, by stochastic Lanczos quadrature: the mean over random ±1 directions v of
 * D·Σ wₖ·ln θₖ/2, where θ and w are the Gauss quadrature of JᵀJ from the starting vector v.
 *
 * Source: Ubaru, Chen and Saad, Fast estimation of tr(f(A)) via stochastic Lanczos quadrature (2017).
 *
 * @param count the number of directions; the error falls as 1/√count
 */
export async function logDetByDirections(
  map: LayerMap,
  x: Float64Array,
  { count, seed }: { count: number; seed: number },
): Promise<NumericLogDet> {
  const { dimensions } = map;
  const random = new RandomStream(seed, 'directions');
  const krylov = Array.from({ length: count }, () => new KrylovSpace(random, dimensions));
  for (let step = 0; step < Math.min(STEPS, dimensions); step++) {
    const open = krylov.filter(({ closed }) => !closed);
    if (open.length === 0) {
      break;
    }
    const directions = new Float64Array(open.length * dimensions);
    open.forEach(({ latest }, index) => {
      directions.set(latest, index * dimensions);
    });
    // A direction of length 1 moves each value by 1/√D.
    const products = await differences(map, x, directions, STEP * Math.sqrt(dimensions));
    const squares = await map.pullBack(x, products);
    open.forEach((space, index) => {
      space.extend(squares.slice(index * dimensions, (index + 1) * dimensions));
    });
  }
  const average = (values: readonly number[]) => values.reduce((total, value) => total + value, 0) / count;
  const estimates = (steps: number) => krylov.map((space) => (dimensions / 2) * space.meanLogarithm(steps));
  const values = estimates(STEPS);
  const mean = average(values);
  const variance = (average(values.map((value) => (value - mean) ** 2)) * count) / (count - 1);
  // The change over the last third of the steps bounds the change over further steps.
  const truncation = Math.abs(mean - average(estimates((2 / 3) * STEPS)));
  return { value: mean, method: 'directions', uncertainty: 5 * Math.sqrt(variance / count) + truncation };
}

/** J·v for every direction v, by central differences of the step `h` along it. */
async function differences(
  map: LayerMap,
  x: Float64Array,
  directions: Float64Array,
  h: number,
): Promise<Float64Array> {
  const { dimensions } = map;
  const moved = (distance: number) =>
    directions.map((value, index) => x[index % dimensions]! + distance * value);
  const { y: ahead } = await map.forward(moved(h));
  const { y: behind } = await map.forward(moved(-h));
  return ahead.map((value, index) => (value - behind[index]!) / (2 * h));
}

/** Lanczos iteration from a random direction with a symmetric matrix A: A as a tridiagonal matrix. */
class KrylovSpace {
  private readonly basis: Float64Array[];
  private readonly diagonal: number[] = [];
  private readonly beside: number[] = [];
  /** Whether the Krylov space is exhausted: the quadrature is exact. */
  closed = false;

  constructor(random: RandomStream, dimensions: number) {
    const length = 1 / Math.sqrt(dimensions);
    this.basis = [
      Float64Array.from({ length: dimensions }, () => (random.uniform() < 0.5 ? -length : length)),
    ];
  }

  get latest(): Float64Array {
    return this.basis.at(-1)!;
  }

  /** Continues with A·latest. */
  extend(product: Float64Array): void {
    this.diagonal.push(dot(this.latest, product));
    // Twice: once leaves part of the components reintroduced by rounding.
    for (let pass = 0; pass < 2; pass++) {
      for (const vector of this.basis) {
        const share = dot(vector, product);
        for (let index = 0; index < product.length; index++) {
          product[index]! -= share * vector[index]!;
        }
      }
    }
    const length = Math.sqrt(dot(product, product));
    // Below this only the error of the differences remains.
    if (!(length > 1e-8 * Math.max(...this.diagonal.map(Math.abs)))) {
      this.closed = true;
      return;
    }
    this.beside.push(length);
    this.basis.push(product.map((value) => value / length));
  }

  /** vᵀ·ln(A)·v for the first direction v, from at most this many steps. */
  meanLogarithm(steps: number): number {
    if (!this.diagonal.every(Number.isFinite)) {
      return Number.NaN;
    }
    const { nodes, weights } = gaussQuadrature(this.diagonal.slice(0, steps), this.beside);
    return nodes.reduce((total, node, index) => total + weights[index]! * Math.log(Math.max(node, 0)), 0);
  }
}
