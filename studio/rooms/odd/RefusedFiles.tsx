// The files that were not read, and why.
import type { Refused } from '../../work/readTasks.ts';

/** More are counted, not listed. */
const MOST = 20;

/** A list of files with the reason for each. */
export function RefusedFiles({ refused }: { refused: readonly Refused[] }) {
  if (refused.length === 0) {
    return null;
  }
  const more = refused.length - MOST;
  return (
    <details class="odd-refused" open>
      <summary>
        {refused.length === 1 ? 'One file was' : `${refused.length.toLocaleString('en')} files were`} left out
      </summary>
      <ul>
        {refused.slice(0, MOST).map(({ name, reason }) => (
          <li key={name}>
            <bdi>{reason}</bdi>
          </li>
        ))}
        {more > 0 && <li>and {more.toLocaleString('en')} more</li>}
      </ul>
    </details>
  );
}
