// Progress of what goes over the same images several times: draws of the noise, several models.
import { createProgress, type Progress, type ProgressStream } from './progress.ts';

/**
 * Shows how many images are done, where `update` is told of each pass over each of them: an image counts when all its
 * passes are done, on average.
 */
export function createImageProgress(
  { label, images, passes }: { label: string; images: number; passes: number },
  stream?: ProgressStream,
): Progress {
  const bar = createProgress({ label, total: images, unit: 'images' }, stream);
  return {
    update: (done, fields) => bar.update(Math.floor(done / passes), fields),
    note: (text) => bar.note(text),
    finish: (text) => bar.finish(text),
  };
}
