// The doctor's checks of a run, run in the page on request.
import { useState } from 'preact/hooks';
import { counted, plural } from '../../numbers.ts';
import { outdated } from '../../parts/outdated.ts';
import { chosenFolder, PictureFiles } from '../../parts/PictureFiles.tsx';
import { Working } from '../../parts/Working.tsx';
import { compute } from '../../work/connections.ts';
import { DIGITS_DATASET, DIGITS_FILE, digitsUrl } from '../../work/digits.ts';
import type { Examined } from '../../work/doctor.ts';
import { useWork } from '../../work/useWork.ts';
import { type FoundRun, runFileUrl } from './watch.ts';

/** The run's section for the doctor. */
export function RunDoctor({ run }: { run: FoundRun }) {
  const [requests, setRequests] = useState(0);
  const isDigits = run.data === DIGITS_DATASET || run.data?.split('/').at(-1) === DIGITS_FILE;
  const folder = chosenFolder.value;
  const work = useWork(
    requests === 0
      ? undefined
      : async (waiting) => {
          const order = {
            model: { url: runFileUrl(run.path, ''), files: run.files },
            digits: digitsUrl(),
            ...(!isDigits && folder && { folder }),
          };
          return { step: checkpointStep(run), ...(await compute('examine', order, waiting)) };
        },
    [requests],
  );
  return (
    <details class="run-part">
      <summary>Doctor</summary>
      <div class="doctor">
        <p class="control-note">
          Checks the inverse and log-determinant of every layer in the last checkpoint, on{' '}
          {isDigits ? 'MNIST digits' : 'pictures like its training images'}.
        </p>
        {!isDigits && <PictureFiles />}
        <button
          type="button"
          class="button"
          disabled={work.progress !== undefined || (!isDigits && folder === undefined)}
          onClick={() => setRequests(requests + 1)}
        >
          Examine
        </button>
        <Working work={work} />
        {work.result && (
          <div {...outdated(work.isOutdated)}>
            <Verdict examined={work.result} />
          </div>
        )}
      </div>
    </details>
  );
}

/** `No problems, 2 warnings`. */
function describeVerdict(problems: number, warnings: number): string {
  const problemsText = problems === 0 ? 'No problems' : plural(problems, 'problem');
  return warnings === 0 ? problemsText : `${problemsText}, ${plural(warnings, 'warning')}`;
}

/** The step of the last checkpoint, which training may have left behind. */
function checkpointStep({ files }: FoundRun): number {
  return Number(/step-(\d{8,15})\.safetensors$/.exec(files.at(-1)!)![1]);
}

function Verdict({ examined }: { examined: Examined & { readonly step: number } }) {
  const { step, problems, warnings, layers, reconstruction, bitsPerDim, images } = examined;
  return (
    <>
      <p role="status">
        <strong>{describeVerdict(problems.length, warnings.length)}</strong> at step {counted(step)}, on{' '}
        {plural(images, 'image')}: {(100 * reconstruction.exactPixelShare).toFixed(2)} % of pixels recovered
        exactly, {bitsPerDim.mean.toFixed(3)} bits/dim on average.
      </p>
      {[...problems, ...warnings].length > 0 && (
        <ul class="doctor-findings">
          {problems.map((finding) => (
            <li key={`${finding.layer} ${finding.name}`}>
              <strong>Problem:</strong> {finding.text}
            </li>
          ))}
          {warnings.map((finding) => (
            <li key={`${finding.layer} ${finding.name}`}>Warning: {finding.text}</li>
          ))}
        </ul>
      )}
      <section class="doctor-table" aria-label="Measurements by layer">
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: makes it scrollable with the keyboard. */}
        <table tabIndex={0}>
          <thead>
            <tr>
              {['layer', 'round trip', 'ln|det| error', 'condition', 'smallest diagonal'].map((title) => (
                <th key={title} scope="col">
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {layers.map((layer) => (
              <tr key={layer.layer}>
                <th scope="row">{layer.layer}</th>
                <td>{short(layer.roundTripError)}</td>
                <td>{short(layer.logDetError)}</td>
                <td>{short(layer.conditionNumber)}</td>
                <td>{short(layer.smallestDiagonal)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </>
  );
}

/** A number in a few characters; a dash for none. */
function short(value: number | null): string {
  return value === null
    ? '–'
    : value !== 0 && (value < 0.001 || value >= 10_000)
      ? value.toExponential(1)
      : String(Number(value.toPrecision(3)));
}
