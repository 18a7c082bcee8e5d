// What images are compared with, and how to compare with something else.
import { FolderButton } from '../../parts/FileDrop.tsx';
import { Working } from '../../parts/Working.tsx';
import { type Reference, SAMPLES } from './useReference.ts';

interface ReferenceChoiceProps {
  readonly reference: Reference;
  /** Whether files of another size are fitted. */
  readonly fit: boolean;
  /** Whether the model cannot be used, which is said elsewhere. */
  readonly isBroken: boolean;
}

/** The part of the room about the reference. */
export function ReferenceChoice({ reference, fit, isBroken }: ReferenceChoiceProps) {
  const { words, refused, isKnown, looking, measuring, measure } = reference;
  return (
    <section class="odd-reference" aria-labelledby="odd-reference-title">
      <h2 id="odd-reference-title">Compared with</h2>
      {words !== undefined && <p>{words}.</p>}
      {words === undefined && isKnown && looking.problem === undefined && (
        <p>
          Nothing yet: this model has no scores of its validation images, so bits/dim stand alone. Measure
          something to get percentiles.
        </p>
      )}
      {refused > 0 && <p>{refused} files of them could not be read.</p>}
      <div class="buttons">
        <button type="button" class="button" disabled={!isKnown} onClick={() => measure('samples')}>
          {SAMPLES} samples
        </button>
        <FolderButton label="A folder of images" onFiles={({ files }) => measure({ files, fit })} />
      </div>
      <Working work={looking.problem === undefined || isBroken ? measuring : looking} />
    </section>
  );
}
