// What the doctor says of a run, layer by layer; computed in the page when it is asked for.
import { useState } from 'preact/hooks';
import { chosenFolder, PictureFiles } from '../../parts/PictureFiles.tsx';
import { Working } from '../../parts/Working.tsx';
import { compute } from '../../work/compute.ts';
import { DIGITS_DATASET, DIGITS_FILE, digitsUrl } from '../../work/digits.ts';
import type { Examined } from '../../work/doctor.ts';
import { useWork } from '../../work/useWork.ts';
import { type FoundRun, urlOf } from './watch.ts';

/** The part of a run about its doctor. */
export function RunDoctor({ run }: { run: FoundRun }) {
  const [asked, setAsked] = useState(0);
  const isDigits = run.data === DIGITS_DATASET || run.data?.split('/').at(-1) === DIGITS_FILE;
  const folder = chosenFolder.value;
  const work = useWork(
    asked === 0
      ? undefined
      : (waiting) =>
          compute(
            'examine',
            {
              model: { url: urlOf(run.path, ''), files: run.files },
              digits: digitsUrl(),
              ...(!isDigits && folder && { folder }),
            },
            waiting,
          ),
    [asked],
  );
  return (
    <details class="run-part">
      <summary>Doctor</summary>
      <div class="doctor">
        <p class="control-note">
          Is every layer inverted and its log-determinant right? The last checkpoint is examined here, on{' '}
          {isDigits ? 'digits of MNIST' : 'pictures like those that it was trained on'}.
        </p>
        {!isDigits && <PictureFiles />}
        <button
          type="button"
          class="button"
          disabled={work.progress !== undefined || (!isDigits && folder === undefined)}
          onClick={() => setAsked(asked + 1)}
        >
          Examine
        </button>
        <Working work={work} />
        {work.result && <Verdict examined={work.result} />}
      </div>
    </details>
  );
}

function Verdict({ examined }: { examined: Examined }) {
  const { ok, problems, warnings, layers, reconstruction, bitsPerDim, images } = examined;
  return (
    <>
      <p role="status">
        <strong>
          {ok ? 'No problem found' : `${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}`}
        </strong>{' '}
        on {images} images: {(100 * reconstruction.exactPixelShare).toFixed(2)} % of the pixels return
        exactly, on average {bitsPerDim.mean.toFixed(3)} bits/dim.
      </p>
      {[...problems, ...warnings].length > 0 && (
        <ul class="doctor-findings">
          {problems.map((finding) => (
            <li key={`${finding.layer} ${finding.name}`}>
              <strong>Problem</strong> {textOf(finding)}
            </li>
          ))}
          {warnings.map((finding) => (
            <li key={`${finding.layer} ${finding.name}`}>Worth a look: {textOf(finding)}</li>
          ))}
        </ul>
      )}
      <section class="doctor-table" aria-label="Measurements by layer">
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached with the keyboard. */}
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

function textOf({ layer, what, value, limit }: Examined['problems'][number]): string {
  return `${layer}: ${what} ${short(value)}, and ${short(limit)} is the limit`;
}

function short(value: number | null): string {
  return value === null
    ? '–'
    : value !== 0 && (value < 0.001 || value >= 10_000)
      ? value.toExponential(1)
      : String(Number(value.toPrecision(3)));
}
