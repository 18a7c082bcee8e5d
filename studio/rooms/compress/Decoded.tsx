// Decoded images, and whether they are the originals.
import { useState } from 'preact/hooks';
import { plural } from '../../numbers.ts';
import { Notice } from '../../parts/Notice.tsx';
import { Picture } from '../../parts/Picture.tsx';
import type { DecodedImages } from '../../work/codecTasks.ts';

interface DecodedProps {
  readonly decoded: DecodedImages;
  /** The number of images that were compressed; undefined if unknown. */
  readonly expected: number | undefined;
  /** Downloads all images; rejects with a sentence. */
  onSave(): Promise<void>;
}

/** The images, with the result of the comparison. */
export function Decoded({ decoded: { count, shown, damaged, different }, expected, onSave }: DecodedProps) {
  const [isSaving, setSaving] = useState(false);
  const [problem, setProblem] = useState<string>();
  const isSound = damaged.length === 0 && (different?.length ?? 0) === 0;
  return (
    <section class="compress-decoded" aria-labelledby="compress-decoded-title">
      <h2 id="compress-decoded-title">Decoded</h2>
      {isSound ? (
        <p data-testid="checked">{resultText(count, expected)}</p>
      ) : (
        <Notice>
          {damaged.length > 0
            ? `The file is damaged; ${plural(count, 'image')} returned intact. ${damaged.map(sentence).join(' ')}`
            : `${plural(different!.length, 'image')} ${different!.length === 1 ? 'differs' : 'differ'} from the originals: ${different!.slice(0, 3).join(', ')}.`}
        </Notice>
      )}
      {count > 0 && (
        <div class="buttons">
          <button
            type="button"
            class="button"
            disabled={isSaving}
            onClick={() => {
              setSaving(true);
              setProblem(undefined);
              onSave()
                .catch((error: Error) => setProblem(error.message))
                .finally(() => setSaving(false));
            }}
          >
            Download images as PNG (zip)
          </button>
        </div>
      )}
      {problem !== undefined && <Notice>{problem}</Notice>}
      <ul class="compress-images framed" aria-label="Decoded images">
        {shown.map(({ name, shape, pixels }, index) => (
          // Several files may have this name.
          <li key={index} title={name}>
            <Picture image={{ shape, pixels }} label={name} />
          </li>
        ))}
      </ul>
      {shown.length < count && (
        <p class="control-note">
          The first {shown.length} of {count.toLocaleString('en')}.
        </p>
      )}
    </section>
  );
}

function resultText(count: number, expected: number | undefined): string {
  return expected === undefined
    ? `${plural(count, 'image')}; the checksums of all pixels are right.`
    : `${count === 1 ? 'The image' : `All ${plural(count, 'image')}`} returned, and every pixel equals the original.`;
}

/** A line of the library as a sentence. */
function sentence(line: string): string {
  const text = line.replace(/^the file: /, '');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
