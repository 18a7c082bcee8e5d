// The length of an image's code under a small lossless coder, as a measure of its complexity.
import type { ImageShape } from '../../../core/numeric/index.ts';

/** Contexts of a residual, by how much the pixels around it differ. */
const CONTEXTS = 8;
/** Adaptive decisions of a residual: zero or not, its sign, its order of magnitude in unary, the bit after the first. */
const [ZERO, SIGN, ORDER, SECOND] = [0, 1, 2, 12];
const DECISIONS = 22;

/**
 * The bits that the coder needs for an image: each pixel is predicted from its neighbours as in JPEG-LS (the median of west,
 * north and west + north − northwest), and the residual is coded by adaptive binary decisions in a context of local
 * contrast (Krichevsky and Trofimov). Red and blue are coded as differences from green. No parameter is trained. Only
 * the rounding of Math.log2 depends on where it is computed.
 *
 * @param pixels integers below 2^bits, `[H, W, C]`
 */
export function codeLength(pixels: Uint8Array, [height, width, channels]: ImageShape, bits: number): number {
  let length = 0;
  for (let channel = 0; channel < channels; channel++) {
    const plane = channelPlane(pixels, channel, channels);
    const model = new AdaptiveBits(CONTEXTS * DECISIONS);
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        const index = row * width + column;
        const west = column > 0 ? plane[index - 1]! : row > 0 ? plane[index - width]! : 0;
        const north = row > 0 ? plane[index - width]! : west;
        const northwest = row > 0 && column > 0 ? plane[index - width - 1]! : north;
        const northeast = row > 0 && column + 1 < width ? plane[index - width + 1]! : north;
        const contrast =
          Math.abs(west - northwest) + Math.abs(northwest - north) + Math.abs(north - northeast);
        const context = contrastContext(contrast * 2 ** (8 - bits));
        length += residualLength(plane[index]! - medianPrediction(west, north, northwest), context, model);
      }
    }
  }
  return length;
}

/** A channel; of colour images green itself, and the others as differences from it. */
function channelPlane(pixels: Uint8Array, channel: number, channels: number): Int16Array {
  const green = channels === 3 && channel !== 1 ? 1 : undefined;
  return Int16Array.from({ length: pixels.length / channels }, (_, pixel) => {
    const value = pixels[pixel * channels + channel]!;
    return green === undefined ? value : value - pixels[pixel * channels + green]!;
  });
}

function medianPrediction(west: number, north: number, northwest: number): number {
  const [low, high] = west < north ? [west, north] : [north, west];
  return northwest >= high ? low : northwest <= low ? high : west + north - northwest;
}

function contrastContext(contrast: number): number {
  return Math.min(CONTEXTS - 1, 32 - Math.clz32((contrast + 1) >> 1));
}

function residualLength(residual: number, context: number, model: AdaptiveBits): number {
  const first = context * DECISIONS;
  const magnitude = Math.abs(residual);
  let length = model.cost(first + ZERO, magnitude > 0);
  if (magnitude === 0) {
    return length;
  }
  length += model.cost(first + SIGN, residual < 0);
  const order = 31 - Math.clz32(magnitude);
  for (let position = 0; position <= order; position++) {
    length += model.cost(first + ORDER + position, position < order);
  }
  if (order > 0) {
    length += model.cost(first + SECOND + order, ((magnitude >> (order - 1)) & 1) === 1) + order - 1;
  }
  return length;
}

/** Binary decisions, each with the counts of its earlier outcomes. */
class AdaptiveBits {
  private readonly counts: Float64Array;

  constructor(decisions: number) {
    this.counts = new Float64Array(2 * decisions).fill(0.5);
  }

  /** The bits of an outcome, which then counts for the next ones. */
  cost(decision: number, outcome: boolean): number {
    const outcomeIndex = 2 * decision + (outcome ? 1 : 0);
    const oppositeIndex = 2 * decision + (outcome ? 0 : 1);
    const cost = Math.log2(1 + this.counts[oppositeIndex]! / this.counts[outcomeIndex]!);
    this.counts[outcomeIndex]!++;
    return cost;
  }
}
