// The multi-scale model's shapes, and the number of steps of its inverse.

/** Height, width and channels. */
export type Shape = readonly [height: number, width: number, channels: number];

/** One level: flow steps at one resolution, then a split. */
export interface Level {
  /** The level's input. */
  readonly before: Shape;
  /** The shape after the squeeze. */
  readonly shape: Shape;
  /** The latents split off: half of the channels, or everything at the top. */
  readonly latent: Shape;
  /** Sequential steps to invert the level's emerging convolutions: two corners per flow step. */
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
