// The choice of the image.
import { changeSettings } from '../../address.ts';
import { MOST_SEED } from '../../numbers.ts';
import { Check } from '../../parts/Check.tsx';
import { Choice } from '../../parts/Choice.tsx';
import { FileDrop } from '../../parts/FileDrop.tsx';
import { Notice } from '../../parts/Notice.tsx';
import { NumberField } from '../../parts/NumberField.tsx';
import { ReadNotes } from '../../parts/ReadResults.tsx';
import { refusedLines } from '../../parts/refusedLines.ts';
import { FIT } from '../../work/constants.ts';
import { DIGITS_AUTHORS, DIGITS_COUNT, takesDigits } from '../../work/digits.ts';
import type { Images } from '../../work/models.ts';
import { DrawPad } from './DrawPad.tsx';
import type { InsideSettings } from './insideSettings.ts';
import type { ChosenImage, Source } from './useImage.ts';

interface ImageChoiceProps {
  /** bits/dim of an image. */
  measure(image: Images): Promise<number>;
  /** The path of the model. */
  readonly model: string;
  readonly settings: InsideSettings;
  readonly chosen: ChosenImage;
}

const sources: Readonly<Record<Source, string>> = {
  sample: 'Sample',
  digit: 'MNIST digit',
  file: 'File',
  drawing: 'Drawing',
};

/** The sources, and the controls of the chosen one. Files can always be dropped. */
export function ImageChoice({
  model,
  settings: { seed, place: sampleNumber, digit, drawing },
  chosen,
  measure,
}: ImageChoiceProps) {
  const { source, shape, files, read, fit } = chosen;
  const hasDigits = shape !== undefined && takesDigits(shape);
  return (
    <div class="inside-choice">
      <Choice
        label="Image"
        value={source}
        options={Object.entries(sources).flatMap(([value, text]) =>
          value === 'digit' && !hasDigits ? [] : [{ value, text }],
        )}
        onChange={(value) => chosen.choose(value as Source)}
      />
      {source === 'sample' && (
        <Numbered
          label="Seed"
          value={seed}
          least={0}
          most={MOST_SEED}
          next="Next sample"
          onChange={(value) => changeSettings({ seed: String(value), place: '1' })}
        />
      )}
      {source === 'sample' && sampleNumber > 1 && (
        <p class="control-note">Image {sampleNumber.toLocaleString('en')} of this seed.</p>
      )}
      {source === 'digit' && (
        <>
          <Numbered
            label="Number"
            value={digit}
            least={1}
            most={DIGITS_COUNT}
            next="Next digit"
            onChange={(value) => changeSettings({ digit: String(value) })}
          />
          <p class="control-note">
            One of {DIGITS_COUNT.toLocaleString('en')}. {DIGITS_AUTHORS}
          </p>
        </>
      )}
      {source === 'drawing' && shape && (
        <DrawPad
          key={model}
          shape={shape}
          shared={drawing === '' ? undefined : chosen.image}
          keepsLast={drawing === ''}
          measure={measure}
          onImage={chosen.draw}
        />
      )}
      <div hidden={source !== 'file'} class="inside-files">
        <FileDrop choose={['file']} onFiles={(folder) => chosen.open(folder.files)} />
        <Check label={FIT} checked={fit} onChange={chosen.convert} />
        {files && files.length > 1 && <p class="control-note">Showing the first of {files.length} files.</p>}
        {chosen.image && source === 'file' && <p class="control-note">{chosen.image.name}</p>}
        {read && <ReadNotes notes={read.notes} />}
        {read && refusedLines(read.refused).map((line) => <Notice key={line}>{line}</Notice>)}
      </div>
    </div>
  );
}

interface NumberedProps {
  readonly label: string;
  readonly value: number;
  readonly least: number;
  readonly most: number;
  /** The label of the button that adds one, and returns from the last to the first. */
  readonly next: string;
  onChange(value: number): void;
}

/** The number of an image, and a button for the next one. */
function Numbered({ next, onChange, ...field }: NumberedProps) {
  const { value, least, most: greatest } = field;
  return (
    <div class="inside-numbered">
      <NumberField {...field} onChange={onChange} />
      <button type="button" class="button" onClick={() => onChange(value < greatest ? value + 1 : least)}>
        {next}
      </button>
    </div>
  );
}
