// The list of runs: one is open, and some are plotted.
import { Dot } from '../../parts/plot/Dot.tsx';
import { MOST_SHOWN } from './runsSettings.ts';
import type { FoundRun } from './watch.ts';

interface RunListProps {
  readonly runs: readonly FoundRun[];
  readonly open: string | undefined;
  readonly shown: readonly string[];
  onOpen(path: string): void;
  onShow(paths: readonly string[]): void;
}

/** One row per run. */
export function RunList({ runs, open, shown, onOpen, onShow }: RunListProps) {
  return (
    <ul class="run-list">
      {runs.map((run) => {
        const hue = shown.indexOf(run.path);
        const isShown = hue >= 0;
        return (
          <li key={run.path} class={isShown ? `hue-${hue % MOST_SHOWN}` : ''} data-open={run.path === open}>
            <input
              type="checkbox"
              checked={isShown}
              disabled={run.problem !== null || (!isShown && shown.length >= MOST_SHOWN)}
              aria-label={`Show ${run.path} on the plot`}
              onChange={({ currentTarget }) =>
                onShow(
                  currentTarget.checked ? [...shown, run.path] : shown.filter((path) => path !== run.path),
                )
              }
            />
            <button
              type="button"
              aria-current={run.path === open ? 'true' : undefined}
              onClick={() => onOpen(run.path)}
            >
              <span class="run-list-name">
                {isShown && (
                  <svg width="12" height="12" aria-hidden="true">
                    <Dot hue={hue} x={6} y={6} />
                  </svg>
                )}
                {run.path}
              </span>
              <span class="run-list-facts">{factsOf(run)}</span>
            </button>
          </li>
        );
      })}
    </ul>
  );
}

function factsOf({ problem, step, complete, validation, train }: FoundRun): string {
  if (problem !== null) {
    return "can't be read";
  }
  const bits = validation ?? train;
  return [
    `step ${step.toLocaleString('en')}${complete ? '' : '…'}`,
    bits === null ? '' : `${bits.toFixed(3)} bits/dim`,
  ]
    .filter((fact) => fact !== '')
    .join(' · ');
}
