// The choice of the images: the digits that come with the page, or pictures of the user.
import { filesOf, type GivenFiles } from 'emerging-flows/data';
import { useId, useState } from 'preact/hooks';
import { changeSettings } from '../../address.ts';
import { Choice } from '../../parts/Choice.tsx';
import { Notice } from '../../parts/Notice.tsx';
import { NumberField } from '../../parts/NumberField.tsx';
import { DIGITS_COUNT } from '../../work/digits.ts';
import { chosenFolder } from './chosenPictures.ts';
import { limits, type TrainSettings } from './trainSettings.ts';

/** The choice, and for pictures where they are and what they are fitted to. */
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
        <p class="control-note">By LeCun, Cortes and Burges, CC BY-SA 3.0.</p>
      ) : (
        <>
          <PictureFiles />
          <div class="train-row">
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

/** Where the pictures are: a folder that is chosen, or dropped here. */
function PictureFiles() {
  const id = useId();
  const [problem, setProblem] = useState<string>();
  const [isOver, setOver] = useState(false);
  const folder = chosenFolder.value;
  const take = (given: GivenFiles): void => {
    filesOf(given).then(
      (found) => {
        setProblem(found.files.length === 0 ? 'There are no files in it.' : undefined);
        chosenFolder.value = found.files.length === 0 ? undefined : found;
      },
      (error: Error) => setProblem(error.message),
    );
  };
  return (
    <fieldset
      class="train-drop"
      aria-label="Where your pictures are"
      data-over={isOver}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        take(event.dataTransfer!.items);
      }}
    >
      <label for={id} class="button">
        Choose a folder
      </label>
      <input
        id={id}
        type="file"
        class="train-file"
        multiple
        ref={(input) => input?.setAttribute('webkitdirectory', '')}
        onChange={({ currentTarget }) => take(currentTarget.files!)}
      />
      <p class="control-note">
        {folder
          ? `${folder.files.length.toLocaleString('en')} files${folder.name === undefined ? '' : ` in ${folder.name}`}`
          : 'PNG, JPEG or WebP, chosen or dropped here. They stay in this browser.'}
      </p>
      {problem !== undefined && <Notice>{problem}</Notice>}
    </fieldset>
  );
}
