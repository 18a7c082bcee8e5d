// What came of reading files: the skipped ones with reasons, and what was changed without a loss.
import { plural } from '../numbers.ts';
import type { Refused } from '../work/readTasks.ts';
import { refusedLines } from './refusedLines.ts';
import './refused-files.css';

/** The number of reasons listed; the rest is only counted. */
const MOST = 20;

/** The list of skipped files, one line for each reason. */
export function RefusedFiles({ refused }: { refused: readonly Refused[] }) {
  if (refused.length === 0) {
    return null;
  }
  const lines = refusedLines(refused);
  const more = lines.length - MOST;
  return (
    <details class="refused-files" open>
      <summary>{plural(refused.length, 'file')} skipped</summary>
      <ul>
        {lines.slice(0, MOST).map((line) => (
          <li key={line}>
            <bdi>{line}</bdi>
          </li>
        ))}
        {more > 0 && <li>and {more.toLocaleString('en')} more</li>}
      </ul>
    </details>
  );
}

/** The first note, and how many others there are. */
export function ReadNotes({ notes: [first, ...others] }: { notes: readonly string[] }) {
  if (first === undefined) {
    return null;
  }
  return (
    <p class="control-note">
      <bdi>{first}</bdi>
      {others.length > 0 ? ` (and ${others.length.toLocaleString('en')} more).` : '.'}
    </p>
  );
}
