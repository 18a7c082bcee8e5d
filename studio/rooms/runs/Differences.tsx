// The settings in which the plotted runs differ.
import { differencesOf } from './runList.ts';
import type { FoundRun } from './watch.ts';

/** A table with a column for each run; nothing with fewer than two. */
export function Differences({ runs }: { runs: readonly FoundRun[] }) {
  if (runs.length < 2) {
    return null;
  }
  const differences = differencesOf(runs);
  return (
    <details class="run-part">
      <summary>Differences in settings</summary>
      {differences.length === 0 ? (
        <p class="control-note">None: the runs have the same settings.</p>
      ) : (
        <div class="card-table">
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: makes it scrollable with the keyboard. */}
          <table tabIndex={0} class="run-differences">
            <thead>
              <tr>
                <th scope="col">setting</th>
                {runs.map(({ path }) => (
                  <th key={path} scope="col">
                    {path}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {differences.map(({ setting, values }) => (
                <tr key={setting}>
                  <th scope="row">{setting}</th>
                  {values.map((value, index) => (
                    <td key={runs[index]!.path}>{value ?? 'not set'}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </details>
  );
}
