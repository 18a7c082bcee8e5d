// Latents in a safetensors file, with the names of their images and the fingerprint of the model they belong to.
import { UserError } from '../../errors.ts';
import type { NdArray } from '../../numeric/ndarray.ts';
import { readBytes, requireExists, writeFileAtomically } from '../../storage/files.ts';
import { staysInFolder } from '../../storage/newFolder.ts';
import { decodeSafetensors, encodeSafetensors } from '../../storage/safetensors.ts';
import type { FlowModel } from './flowModel.ts';
import type { Latents } from './latents.ts';

const format = 'emerging-flows latents';

/** Latents and the names of their images. */
export interface NamedLatents {
  /** A name for each image: a path with `/`. */
  readonly names: readonly string[];
  /** The latents of the images, in this order. */
  readonly latents: Latents;
}

/**
 * Writes latents as `latent/0` (level 0's split) to `latent/k` (the top), each `[N, height, width, channels]`.
 *
 * @throws UserError if the file cannot be written
 */
export function writeLatents(path: string, { names, latents }: NamedLatents, model: FlowModel): void {
  const tensors = new Map(latents.map((latent, index) => [latentPath(index), latent]));
  const metadata = { format, model: model.fingerprint, images: JSON.stringify(names) };
  writeFileAtomically(path, encodeSafetensors(tensors, metadata));
}

/**
 * Reads latents for a model.
 *
 * @throws UserError if the file cannot be read, is of another kind, or its latents belong to another model
 */
export function readLatents(path: string, model: FlowModel): NamedLatents {
  requireExists(path);
  const { tensors, metadata } = decodeSafetensors(readBytes(path), path);
  const names = metadata.format === format ? namesIn(metadata.images) : undefined;
  if (names === undefined) {
    throw new UserError('invalid-data', `${path} holds no latents; name a file of encoded images`);
  }
  if (metadata.model !== model.fingerprint) {
    throw new UserError(
      'mismatch',
      `${path} holds latents of another model (or of this one with other weights); ` +
        'name the run that they were encoded with, or encode the images again',
    );
  }
  const latents = model.latentShapes.map((shape, index): NdArray => {
    const latent = tensors.get(latentPath(index));
    const expected = [names.length, ...shape].join(', ');
    const found = latent?.shape.join(', ');
    if (latent === undefined || found !== expected) {
      const problem = latent === undefined ? 'is missing' : `has shape [${found}], expected [${expected}]`;
      throw new UserError(
        'invalid-data',
        `${path} is damaged: ${latentPath(index)} ${problem}; encode the images again`,
      );
    }
    return latent;
  });
  return { names, latents };
}

function latentPath(index: number): string {
  return `latent/${index}`;
}

/** The names, if the text holds valid ones and each stays inside the output folder. */
function namesIn(text = ''): string[] | undefined {
  try {
    const names: unknown = JSON.parse(text);
    const areStrings = Array.isArray(names) && names.every((name) => typeof name === 'string');
    return areStrings && names.every(staysInFolder) && new Set(names).size === names.length
      ? names
      : undefined;
  } catch {
    return undefined;
  }
}
