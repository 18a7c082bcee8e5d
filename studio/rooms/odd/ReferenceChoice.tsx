// The reference, and buttons to measure another.
import { plural } from '../../numbers.ts';
import { FolderButton } from '../../parts/FileDrop.tsx';
import { Working } from '../../parts/Working.tsx';
import { type Reference, SAMPLES } from './useReference.ts';

interface ReferenceChoiceProps {
  readonly reference: Reference;
  /** Whether to fit files of another size. */
  readonly fit: boolean;
  /** Whether the model is unusable, which is reported elsewhere. */
  readonly isBroken: boolean;
}

/** The room's section for the reference. */
export function ReferenceChoice({ reference, fit, isBroken }: ReferenceChoiceProps) {
  const { words, refused, isKnown, looking, measuring, measure } = reference;
  return (
    <section class="odd-reference" aria-labelledby="odd-reference-title">
      <h2 id="odd-reference-title">Reference</h2>
      {words !== undefined && <p>{words}.</p>}
      {words === undefined && isKnown && looking.problem === undefined && (
        <p>No reference images yet. Compare with:</p>
      )}
      {refused > 0 && <p>{plural(refused, 'unreadable file')} skipped.</p>}
      <div class="buttons">
        <button type="button" class="button" disabled={!isKnown} onClick={() => measure('samples')}>
          {SAMPLES} samples
        </button>
        <FolderButton label="Folder of images" onFiles={({ files }) => measure({ files, fit })} />
      </div>
      <Working work={looking.problem === undefined || isBroken ? measuring : looking} />
    </section>
  );
}
