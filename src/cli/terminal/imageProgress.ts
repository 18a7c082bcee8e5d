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
    update: (done, fields) => bar.update(done / passes, fields),
    expect: (total) => bar.expect(total),
    note: (text) => bar.note(text),
    finish: (text) => bar.finish(text),
  };
}

/** Does work on so many images with a bar; `onProgress` takes how much of the work is done, and of how much. */
export async function withImageProgress<Result>(
  label: string,
  images: number,
  work: (onProgress: (done: number, of: number) => void) => Promise<Result>,
): Promise<Result> {
  const bar = createImageProgress({ label, images, passes: 1 });
  try {
    return await work((done, of) => bar.update((images * done) / of));
  } finally {
    bar.finish();
  }
}
