// The size of the images that are done so far.
import { plural } from '../../numbers.ts';
import type { CodecProgress } from '../../work/codecTasks.ts';
import { bytesText } from './sizes.ts';

/** The images that are done, and the bytes that they take. */
export function LiveSize({ progress }: { progress: CodecProgress | undefined }) {
  const { done = 0, total, bytes } = progress ?? {};
  if (bytes === undefined || total === undefined || done === 0) {
    return null;
  }
  return (
    <p class="compress-live">
      <strong class="figure">{bytesText(bytes)}</strong>{' '}
      <span class="quiet">
        {/* An image of several tiles is done in fractions, which add up to almost 1. */}
        {Math.floor(done + 1e-6).toLocaleString('en')} of {plural(total, 'image')},{' '}
        {plural(Math.round((8 * bytes) / done), 'bit')} each
      </span>
    </p>
  );
}
