// The list of runs: one is open, and some are plotted.
import { useState } from 'preact/hooks';
import { unitNamed } from '../../../src/flows/models/unit.ts';
import { plural } from '../../numbers.ts';
import { Dot } from '../../parts/plot/Plot.tsx';
import { describeState, listed, type Order, orders } from './runList.ts';
import { MOST_SHOWN } from './runsSettings.ts';
import type { FoundRun } from './watch.ts';

interface RunListProps {
  readonly runs: readonly FoundRun[];
  readonly open: string | undefined;
  readonly shown: readonly string[];
  onOpen(path: string): void;
  onShow(paths: readonly string[]): void;
}

/** From this many runs on, there is a filter. */
const MANY = 6;

/** One row per run. */
export function RunList({ runs, open, shown, onOpen, onShow }: RunListProps) {
  const [text, setText] = useState('');
  const [order, setOrder] = useState<Order>('name');
  const matching = listed(runs, text, order);
  return (
    <>
      {runs.length >= MANY && (
        <div class="run-filter">
          <input
            type="search"
            value={text}
            placeholder="Filter: name, images, state"
            aria-label="Filter the runs"
            onInput={({ currentTarget }) => setText(currentTarget.value)}
          />
          <select
            value={order}
            aria-label="Order of the runs"
            onChange={({ currentTarget }) => setOrder(currentTarget.value as Order)}
          >
            {Object.entries(orders).map(([name, title]) => (
              <option key={name} value={name}>
                {title}
              </option>
            ))}
          </select>
          <p role="status" class="control-note">
            {matching.length < runs.length ? `${matching.length} of ${plural(runs.length, 'run')}` : ''}
          </p>
        </div>
      )}
      <ul class="run-list">
        {matching.map((run) => {
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
                <span class="run-list-facts">{runFacts(run)}</span>
              </button>
            </li>
          );
        })}
      </ul>
    </>
  );
}

function runFacts(run: FoundRun): string {
  if (run.problem !== null) {
    return 'can’t be read';
  }
  const bits = run.validation ?? run.train;
  return [
    `step ${run.step.toLocaleString('en')}, ${describeState(run)}`,
    bits === null
      ? ''
      : `${run.validation === null ? 'training' : 'validation'} ${unitNamed(run.unit ?? 'bits/dim').text(bits, 3)}`,
  ]
    .filter((fact) => fact !== '')
    .join(' · ');
}
