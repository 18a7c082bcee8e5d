// The room Train: trains a model, or races two, in this page.
import { useEffect } from 'preact/hooks';
import { settings } from '../../address.ts';
import { Blank, Notice } from '../../parts/Notice.tsx';
import { LearningCurves } from '../../parts/plot/LearningCurves.tsx';
import { RoomHead } from '../../parts/RoomHead.tsx';
import { Term } from '../../parts/Term.tsx';
import { QuickStart } from './QuickStart.tsx';
import { Setup } from './Setup.tsx';
import { TrainingCard } from './TrainingCard.tsx';
import { changes, findKept, storageProblem, trainings } from './trainings.ts';
import { trainSettings } from './trainSettings.ts';
import './train.css';

/** The room. */
export function Train() {
  useEffect(() => {
    findKept();
  }, []);
  // Subscribes to changes, because runs change in place.
  changes.value;
  const runs = trainings.value;
  const chosen = trainSettings(settings.value);
  const shown = runs.filter(({ isShown, curve }) => isShown && curve.training.length > 0);
  return (
    <div class="train">
      <RoomHead title="Train" unreadable={chosen.unreadable}>
        Train a flow in this browser until images need few <Term of="bitsdim">bits/dim</Term> and so have a
        high likelihood. Race two models on the same images to see which needs fewer. Nothing leaves this
        browser.
      </RoomHead>
      <QuickStart />
      <Setup settings={chosen} />
      <section class="train-runs" aria-label="Runs in this browser">
        {storageProblem.value !== undefined && <Notice>{storageProblem.value}</Notice>}
        <LearningCurves
          runs={shown}
          areComparable={new Set(shown.map(({ about }) => about?.data)).size === 1}
        />
        {runs.length === 0 && <Blank>No runs yet. Start one: its curve and its samples appear here.</Blank>}
        <ul class="train-list">
          {runs.toReversed().map((run) => (
            <li key={run.name}>
              <TrainingCard run={run} settings={chosen} />
            </li>
          ))}
        </ul>
      </section>
    </div>
  );
}
