// The choice of training images: the included digits, or the user's pictures.
import { changeSettings } from '../../address.ts';
import { Choice } from '../../parts/Choice.tsx';
import { NumberField } from '../../parts/NumberField.tsx';
import { PictureFiles } from '../../parts/PictureFiles.tsx';
import { DIGITS_AUTHORS, DIGITS_COUNT } from '../../work/digits.ts';
import { limits, type TrainSettings } from './trainSettings.ts';

/** The choice, and for pictures their folder, size and channels. */
export function DataChoice({ settings: { data, size, channels } }: { settings: TrainSettings }) {
  return (
    <div class="train-data">
      <Choice
        label="Images"
        value={data}
        options={[
          { value: 'digits', text: `MNIST: ${DIGITS_COUNT.toLocaleString('en')} digits` },
          { value: 'files', text: 'Your own pictures' },
        ]}
        onChange={(value) => changeSettings({ data: value })}
      />
      {data === 'digits' ? (
        <p class="control-note">{DIGITS_AUTHORS}</p>
      ) : (
        <>
          <PictureFiles />
          <div class="control-pair">
            <NumberField
              label="Size in pixels"
              value={size}
              least={limits.size[0]}
              most={limits.size[1]}
              onChange={(value) => changeSettings({ size: String(value) })}
            />
            <Choice
              label="Channels"
              value={String(channels)}
              options={[
                { value: '3', text: 'colour' },
                { value: '1', text: 'grey' },
              ]}
              onChange={(value) => changeSettings({ channels: value })}
            />
          </div>
        </>
      )}
    </div>
  );
}
