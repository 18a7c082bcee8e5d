// The multi-scale model as a list of what happens to an image: shapes, and the steps of its inverse.

/** Height, width and channels. */
export type Shape = readonly [height: number, width: number, channels: number];

/** One level: its flow steps at one resolution, and what leaves after it. */
export interface Level {
  /** The image that comes in. */
  readonly before: Shape;
  /** The image of the flow steps, after the squeeze. */
  readonly shape: Shape;
  /** The latent that leaves: half of the channels, or everything at the top. */
  readonly latent: Shape;
  /** Steps one after another to invert the level's emerging convolutions: two corners in every flow step. */
  readonly inverseSteps: number;
}

/** The levels of a model of `depth` flow steps each; every level halves both sides. */
export function levelsOf(image: Shape, levels: number, depth: number): Level[] {
  const found: Level[] = [];
  let before = image;
  for (let level = 0; level < levels; level++) {
    const [height, width, channels] = before;
    const shape: Shape = [height / 2, width / 2, 4 * channels];
    const isTop = level === levels - 1;
    const latent: Shape = isTop ? shape : [shape[0], shape[1], shape[2] / 2];
    found.push({ before, shape, latent, inverseSteps: depth * 2 * (shape[0] + shape[1] - 1) });
    before = latent;
  }
  return found;
}
