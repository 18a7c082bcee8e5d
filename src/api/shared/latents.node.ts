// Latents in Node: their arithmetic, and their files.
import { Latents as LatentArithmetic } from '../../model/index.ts';
import { readLatents, writeLatents } from '../../model/loading/index.node.ts';

/**
 * The latents ε of a batch of images: `[N, height, width, channels]` for each prior, from level 0's split to the top.
 * For samples of the model with their noise, they follow the base distributions of the priors.
 */
export type Latents = LatentArithmetic;

/** The arithmetic of latents, which are plain arrays, and files of them. */
export const Latents = {
  ...LatentArithmetic,
  /** Reads latents of a model from a file, without the corrections of images whose latents have been edited. */
  read: readLatents,
  /** Writes latents of a model to a file, in the format safetensors. */
  write: writeLatents,
};
