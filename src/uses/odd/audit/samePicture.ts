// Whether two small pictures show the same image: what no change of brightness, contrast, sharpness or place explains.
import { cholesky, solveInPlace } from '../scores/densities.ts';

/** A picture to fit others to. */
export interface SmallPicture {
  readonly side: number;
  readonly channels: number;
  /** HWC. */
  readonly values: Uint8Array;
  /** The Cholesky factor of the normal equations of its fit. */
  readonly factor: Float64Array;
}

/** What is left of a picture after the fit of another one, as shares of its variance. */
export interface Residual {
  readonly whole: number;
  /** In the sixteenth of the picture where most is left, relative to a sixteenth of the variance. */
  readonly worst: number;
}

/** A picture of side x side pixels. */
export function smallPicture(values: Uint8Array, side: number, channels: number): SmallPicture {
  const gram = new Float64Array(TERMS * TERMS);
  const picture = { side, channels, values };
  forTerms(picture, (terms) => {
    for (let i = 0; i < TERMS; i++) {
      for (let j = 0; j <= i; j++) {
        gram[i * TERMS + j]! += terms[i]! * terms[j]!;
      }
    }
  });
  // A trace of ridge, since the derivatives of flat pictures vanish.
  for (let i = 0; i < gram.length; i += TERMS + 1) {
    gram[i]! += 1e-9 * gram[i]! + 1e-3;
  }
  return { ...picture, factor: cholesky(gram, TERMS, 1e-6) };
}

/** The terms of the fit: a picture, its derivatives along both axes, its Laplacian, and a constant. */
const TERMS = 5;

/** The derivatives and the shift need a margin. */
const MARGIN = 2;

/** Along each axis, the picture is divided in so many parts. */
const PARTS = 4;

/** How often the shift is refined. */
const ROUNDS = 3;

/**
 * The larger of the residuals of two pictures fitted to each other. By least squares,
 * b = c₀a + c₁∂a/∂x + c₂∂a/∂y + c₃Δa + c₄ (Lucas and Kanade 1981, iterated): to first order, c₀ and c₄ are a change of
 * contrast and brightness, c₁ and c₂ a shift, and c₃ blur. If the shift is larger than half a pixel, b is moved by whole
 * pixels, at most by `reach`, and fitted again.
 *
 * @param options.most `worst` is only computed if `whole` is at most this, and otherwise infinite
 */
export function fitResidual(
  a: SmallPicture,
  b: SmallPicture,
  { reach, most: limit }: { readonly reach: number; readonly most: number },
): Residual {
  let best = fit(a, b, 0, 0);
  for (let round = 1; round < ROUNDS; round++) {
    const { weights } = best;
    // To first order, a moved by (down, right) is a − down ∂a/∂y − right ∂a/∂x.
    const down = clamped(best.down - weights[2]! / weights[0]!, reach);
    const right = clamped(best.right - weights[1]! / weights[0]!, reach);
    if (down === best.down && right === best.right) {
      break;
    }
    const next = fit(a, b, down, right);
    if (!(next.whole < best.whole)) {
      break;
    }
    best = next;
  }
  if (!(best.whole <= limit)) {
    return different;
  }
  const back = fit(b, a, -best.down, -best.right);
  return back.whole <= limit
    ? {
        whole: Math.max(best.whole, back.whole),
        worst: Math.max(worstPart(a, b, best), worstPart(b, a, back)),
      }
    : different;
}

/** The residual of pictures with nothing in common. */
const different: Residual = { whole: Number.POSITIVE_INFINITY, worst: Number.POSITIVE_INFINITY };

function clamped(offset: number, reach: number): number {
  // Not a number if nothing was fitted.
  return Math.max(-reach, Math.min(reach, Math.round(offset))) || 0;
}

/** The fit of a picture to another one that was moved by whole pixels. */
interface Fit {
  readonly down: number;
  readonly right: number;
  readonly weights: Float64Array;
  /** The residual, as a share of the variance; infinite for a negative image or a picture of one colour. */
  readonly whole: number;
}

function fit(a: SmallPicture, b: SmallPicture, down: number, right: number): Fit {
  const { side, channels, values } = a;
  const line = side * channels;
  const moved = down * line + right * channels;
  const others = b.values;
  const end = (side - MARGIN) * channels;
  // In scalars: this is the inner loop of an audit.
  let [correlation, alongX, alongY, laplacian, sum, squares, count] = [0, 0, 0, 0, 0, 0, 0];
  for (let row = MARGIN; row < side - MARGIN; row++) {
    for (let index = row * line + MARGIN * channels; index < row * line + end; index++) {
      const value = others[index + moved]!;
      const [before, after] = [values[index - channels]!, values[index + channels]!];
      const [above, below] = [values[index - line]!, values[index + line]!];
      correlation += values[index]! * value;
      alongX += (after - before) * value;
      alongY += (below - above) * value;
      laplacian += (before + after + above + below - 4 * values[index]!) * value;
      sum += value;
      squares += value * value;
      count++;
    }
  }
  const moments = [correlation, alongX / 2, alongY / 2, laplacian, sum];
  const weights = solved(a.factor, moments);
  const explained = moments.reduce((total, moment, term) => total + moment * weights[term]!, 0);
  const variation = squares - (sum * sum) / count;
  const wholeResidual =
    variation > 0 && weights[0]! > 0 ? Math.max(0, squares - explained) / variation : Infinity;
  return { down, right, weights, whole: wholeResidual };
}

/** The residual in the part of b where most is left of it. */
function worstPart(a: SmallPicture, b: SmallPicture, { down, right, weights }: Fit): number {
  const { side, channels } = a;
  const moved = (down * side + right) * channels;
  const residuals = new Float64Array(PARTS * PARTS);
  const fittedPart = (position: number): number =>
    Math.floor(((position - MARGIN) * PARTS) / (side - 2 * MARGIN));
  let [sum, squares, count] = [0, 0, 0];
  forTerms(a, (terms, index, row, column) => {
    const value = b.values[index + moved]!;
    let residual = value;
    for (let term = 0; term < TERMS; term++) {
      residual -= weights[term]! * terms[term]!;
    }
    residuals[fittedPart(row) * PARTS + fittedPart(column)]! += residual * residual;
    sum += value;
    squares += value * value;
    count++;
  });
  return (Math.max(...residuals) * PARTS * PARTS) / (squares - (sum * sum) / count);
}

/** Calls a function with the terms at every value inside the margin, in an array that is used again. */
function forTerms(
  { side, channels, values }: Omit<SmallPicture, 'factor'>,
  use: (terms: Float64Array, index: number, row: number, column: number) => void,
): void {
  const line = side * channels;
  const terms = new Float64Array(TERMS);
  terms[4] = 1;
  for (let row = MARGIN; row < side - MARGIN; row++) {
    for (let column = MARGIN; column < side - MARGIN; column++) {
      for (let channel = 0; channel < channels; channel++) {
        const index = row * line + column * channels + channel;
        const [before, after] = [values[index - channels]!, values[index + channels]!];
        const [above, below] = [values[index - line]!, values[index + line]!];
        terms[0] = values[index]!;
        terms[1] = (after - before) / 2;
        terms[2] = (below - above) / 2;
        terms[3] = before + after + above + below - 4 * values[index]!;
        use(terms, index, row, column);
      }
    }
  }
}

/** Solves L Lᵀ x = b. */
function solved(lower: Float64Array, right: readonly number[]): Float64Array {
  const out = Float64Array.from(right);
  solveInPlace(lower, out);
  for (let i = TERMS - 1; i >= 0; i--) {
    for (let k = i + 1; k < TERMS; k++) {
      out[i]! -= lower[k * TERMS + i]! * out[k]!;
    }
    out[i]! /= lower[i * TERMS + i]!;
  }
  return out;
}
