// A run in this browser: progress, samples and actions.
import { useState } from 'preact/hooks';
import { HUES } from '../../../src/data/pictures/plotMarks.ts';
import { plural } from '../../numbers.ts';
import { download } from '../../parts/download.ts';
import { Notice } from '../../parts/Notice.tsx';
import { Dot } from '../../parts/plot/Plot.tsx';
import { SampleStrip } from '../../parts/SampleStrip.tsx';
import { lookUp } from '../../work/connections.ts';
import { DIGITS_COUNT, DIGITS_DATASET, DIGITS_FILE } from '../../work/digits.ts';
import type { RunAbout } from '../../work/keptRuns.ts';
import { digits, picturesFor } from './chosenPictures.ts';
import { remove, resume, show, stop, type Training, threadsFor } from './trainings.ts';
import type { TrainSettings } from './trainSettings.ts';

/** The run. */
export function TrainingCard({ run, settings }: { run: Training; settings: TrainSettings }) {
  const { name, hue, state, steps, curve, complete } = run;
  const isDone = complete && state === 'idle';
  const share = steps === undefined ? undefined : Math.min(1, curve.step / steps);
  return (
    <article class={`training hue-${hue % HUES}`} aria-label={name}>
      <header class="training-head">
        <label class="check">
          <input
            type="checkbox"
            checked={run.isShown}
            onChange={({ currentTarget }) => show(run, currentTarget.checked)}
            aria-label={`Show ${name} on the plot`}
          />
          <svg class="plot-legend" width="14" height="14" aria-hidden="true">
            <Dot hue={hue} x={7} y={7} />
          </svg>
        </label>
        <h2>{name}</h2>
        <Actions run={run} settings={settings} isDone={isDone} />
      </header>
      {share !== undefined && <progress value={share} aria-label={`Progress of ${name}`} />}
      <p class="training-facts">
        {trainingFacts(run, isDone).map((fact) => (
          <span key={fact}>{fact}</span>
        ))}
      </p>
      {run.notes.map((note) => (
        <p key={note} class="control-note">
          {note}
        </p>
      ))}
      {run.problem !== undefined && <Notice>{run.problem}</Notice>}
      <SampleStrip name={name} samples={run.samples} secondsAt={(step) => curve.secondsAt(step)} />
    </article>
  );
}

function trainingFacts(
  { state, doing, curve, steps, imagesPerSecond, workers, saved, about }: Training,
  isDone: boolean,
): string[] {
  const validation = curve.validation.at(-1)?.bitsPerDim;
  const recent = curve.recent();
  const facts = [
    state === 'training' && (doing ?? 'Training'),
    state === 'stopping' && 'Stopping after this step',
    state === 'elsewhere' && 'Training in another tab',
    state === 'idle' && (isDone ? 'Done' : 'Paused'),
    curve.step > 0 &&
      `step ${curve.step.toLocaleString('en')}${steps === undefined ? '' : ` of ${steps.toLocaleString('en')}`}`,
    Number.isFinite(recent) && `training ${recent.toFixed(3)} bits/dim`,
    validation !== undefined && Number.isFinite(validation) && `validation ${validation.toFixed(3)}`,
    state !== 'idle' &&
      imagesPerSecond !== undefined &&
      `${Math.round(imagesPerSecond).toLocaleString('en')} images/s`,
    state !== 'idle' && workers !== undefined && plural(workers, 'worker'),
    state === 'training' && steps !== undefined && leftText(curve.secondsUntil(steps)),
    state === 'idle' &&
      !isDone &&
      (saved > 0 ? `saved at step ${saved.toLocaleString('en')}` : 'nothing saved yet'),
    about !== undefined && `${plural(about.levels, 'level')}, on ${about.data}`,
  ];
  return facts.filter((fact) => fact !== false);
}

/** A run's remaining time, from 10 seconds: `about 3 minutes left`. */
function leftText(seconds: number | undefined): string | false {
  if (seconds === undefined || seconds < 10) {
    return false;
  }
  const text =
    seconds < 90
      ? plural(10 * Math.round(seconds / 10), 'second')
      : seconds < 5400
        ? plural(Math.round(seconds / 60), 'minute')
        : plural(Math.round(seconds / 3600), 'hour');
  return `about ${text} left`;
}

/** The buttons available now. */
function Actions({ run, settings, isDone }: { run: Training; settings: TrainSettings; isDone: boolean }) {
  const [isSure, setSure] = useState(false);
  const [isTold, setTold] = useState(false);
  const [problem, setProblem] = useState<string>();
  const { name, state, about } = run;
  if (state === 'elsewhere') {
    return null;
  }
  if (state !== 'idle') {
    return (
      <div class="training-actions">
        <button type="button" class="button" onClick={() => stop(run)}>
          {state === 'training' ? 'Pause' : 'Stop now'}
        </button>
      </div>
    );
  }
  const pictures = about?.isDigits ? digits() : picturesFor({ ...settings, data: 'files' });
  const save = async (): Promise<void> => {
    setProblem(undefined);
    try {
      download(await lookUp('archive', { name }), `${name}.zip`, 'application/zip');
      setTold(true);
    } catch (error) {
      setProblem((error as Error).message);
    }
  };
  return (
    <div class="training-actions">
      {!isDone && about && (
        <button
          type="button"
          class="button"
          disabled={pictures === undefined}
          title={pictures === undefined ? 'Choose its pictures again first' : undefined}
          onClick={() => pictures && resume(run, pictures, threadsFor(1))}
        >
          Resume
        </button>
      )}
      {about && (
        <button type="button" class="button" onClick={save}>
          Download
        </button>
      )}
      {isSure && (
        <button type="button" class="button" onClick={() => remove(run)}>
          Delete for good
        </button>
      )}
      {/* One button for both, so that it keeps the focus. */}
      <button type="button" class="button" onClick={() => setSure((sure) => !sure)}>
        {isSure ? 'Keep' : 'Delete'}
      </button>
      {!isDone && about && pictures === undefined && (
        <p class="control-note">To resume, choose its pictures again under “Your own pictures”.</p>
      )}
      {problem !== undefined && <Notice>{problem}</Notice>}
      {isTold && about && <ResumeHint name={name} about={about} />}
    </div>
  );
}

/** The commands. */
function ResumeHint({ name, about }: { name: string; about: RunAbout }) {
  return (
    <div class="training-hint">
      <p class="control-note">Unzip, then resume in a terminal:</p>
      <pre>
        {about.isDigits
          ? `emerging datasets prepare ${DIGITS_DATASET} --limit ${DIGITS_COUNT} --out ${DIGITS_FILE}\nemerging train --resume ${name} --data ${DIGITS_FILE}`
          : `emerging datasets prepare FOLDER --size N --channels N --out pictures.images\nemerging train --resume ${name} --data pictures.images`}
      </pre>
    </div>
  );
}
