// Progress of work that passes over the same images several times, with new noise or other models.
import { createProgress, type Progress, type ProgressStream } from './progress.ts';

/**
 * Shows how many images are done. `update` takes the number of image passes so far, which is divided by the passes per
 * image.
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
