// The skipped files, with reasons.
import { plural } from '../numbers.ts';
import type { Refused } from '../work/readTasks.ts';
import './refused-files.css';

/** The number listed; the rest is only counted. */
const MOST = 20;

/** The list of skipped files. */
export function RefusedFiles({ refused }: { refused: readonly Refused[] }) {
  if (refused.length === 0) {
    return null;
  }
  const more = refused.length - MOST;
  return (
    <details class="refused-files" open>
      <summary>{plural(refused.length, 'file')} skipped</summary>
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
