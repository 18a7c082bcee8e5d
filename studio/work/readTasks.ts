// Reading image files for a model.
import { UserError } from 'emerging-flows';
import { type GivenFile, readImageFiles } from 'emerging-flows/data';
import { type Call, workOptions } from './calls.ts';
import { FIT } from './constants.ts';
import type { Images } from './models.ts';
import { type ModelAddress, modelAt } from './models.ts';
import { withPath } from './pictures.ts';

/** Images read from files, and the files skipped. */
export interface ReadImages extends Images {
  /** The path of each image. */
  readonly names: readonly string[];
  readonly refused: readonly Refused[];
  /** A line for each image that was enlarged by repeating pixels, and was read at its own size. */
  readonly notes: readonly string[];
}

/** A skipped file. */
export interface Refused {
  readonly name: string;
  /** Why, as a sentence. */
  readonly reason: string;
}

/** The tasks, by name. */
export const readTasks = {
  /** Reads files in order of their names; an unreadable one doesn't affect the others. */
  async read(
    { model: address, files, fit }: { model: ModelAddress; files: readonly GivenFile[]; fit: boolean },
    call: Call,
  ): Promise<ReadImages> {
    const { imageShape } = await modelAt(address, call);
    const { signal, onProgress } = workOptions(call, 'Reading');
    const size = imageShape[0] * imageShape[1] * imageShape[2];
    const pixels = new Uint8Array(files.length * size);
    const names: string[] = [];
    const refused: Refused[] = [];
    const notes: string[] = [];
    const sorted = files.toSorted((first, second) => (first.path < second.path ? -1 : 1));
    for (const [index, { path, file }] of sorted.entries()) {
      signal.throwIfAborted();
      onProgress(index, files.length);
      try {
        // In a folder: a file alone would lose the first folder of its path.
        const image = await readImageFiles([withPath(file, 'files', path)], imageShape, { resize: fit });
        pixels.set(image.pixels, names.length * size);
        names.push(path);
        notes.push(...image.notes);
      } catch (error) {
        if (!(error instanceof UserError)) {
          throw error;
        }
        refused.push({ name: path, reason: sentenceAbout(error, fit) });
      }
    }
    return { pixels: pixels.slice(0, names.length * size), shape: imageShape, names, refused, notes };
  },
};

/** Why a file was skipped; where the library names an option, the page names its checkbox. */
function sentenceAbout({ message }: UserError, fit: boolean): string {
  const [sizeProblem] = /^.* \(height x width x channels\)/.exec(message) ?? [];
  return sizeProblem === undefined || fit ? `${message}.` : `${sizeProblem}: choose “${FIT}”.`;
}
