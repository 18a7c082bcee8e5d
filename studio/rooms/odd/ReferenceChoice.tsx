// The reference, what is missing, and buttons to measure another.
import { FolderButton } from '../../parts/FileDrop.tsx';
import { RefusedFiles } from '../../parts/RefusedFiles.tsx';
import { Working } from '../../parts/Working.tsx';
import { type Reference, SAMPLES } from './useReference.ts';

interface ReferenceChoiceProps {
  readonly reference: Reference;
  /** Whether to fit files of another size. */
  readonly fit: boolean;
  /** Whether the model takes the included digits. */
  readonly hasDigits: boolean;
  /** Whether the model is unusable, which is reported elsewhere. */
  readonly isBroken: boolean;
}

/** The room's section for the reference. */
export function ReferenceChoice({ reference, fit, hasDigits, isBroken }: ReferenceChoiceProps) {
  const { words, refused, isKnown, looking, measuring, measure } = reference;
  const isMissing = isKnown && looking.problem === undefined && reference.scores === undefined;
  return (
    <section class="odd-reference" aria-labelledby="odd-reference-title">
      <h2 id="odd-reference-title">Reference</h2>
      {words !== undefined && <p>{words}.</p>}
      {isMissing && <p data-testid="missing">{missing}</p>}
      <RefusedFiles refused={refused} />
      <div class="buttons">
        {hasDigits && (
          <button type="button" class="button" disabled={!isKnown} onClick={() => measure('digits')}>
            Validation digits
          </button>
        )}
        <FolderButton label="Folder of images" onFiles={({ files }) => measure({ files, fit })} />
        <button type="button" class="button" disabled={!isKnown} onClick={() => measure('samples')}>
          {SAMPLES} samples
        </button>
      </div>
      <Working work={looking.problem === undefined || isBroken ? measuring : looking} />
    </section>
  );
}

/** What the page can't do without statistics of validation images, and what to do. */
const missing =
  'This model has no statistics of validation images, so only bits/dim are shown. Measure images like its training images ' +
  'here, or store their statistics with the model: emerging score MODEL --update-reference (exports: with --reference DATASET).';
