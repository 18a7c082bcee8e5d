// The size of the images that are done so far.
import type { CodecProgress } from '../../work/codecTasks.ts';
import { bytesText } from './sizes.ts';

/** The images that are done, and the bytes that they take. */
export function LiveSize({ progress }: { progress: CodecProgress | undefined }) {
  const { done = 0, total, bytes } = progress ?? {};
  if (bytes === undefined || done === 0) {
    return null;
  }
  return (
    <p class="compress-live">
      <strong class="figure">{bytesText(bytes)}</strong>{' '}
      <span class="quiet">
        {done.toLocaleString('en')}
        {total === undefined ? ' tiles' : ` of ${total.toLocaleString('en')} images`},{' '}
        {Math.round((8 * bytes) / done).toLocaleString('en')} bits each
      </span>
    </p>
  );
}
