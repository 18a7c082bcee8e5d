// The pictures of the user: a folder that is chosen, or dropped.
import { signal } from '@preact/signals';
import { filesOf, type GivenFiles, type GivenFolder } from 'emerging-flows/data';
import { useId, useState } from 'preact/hooks';
import { Notice } from './Notice.tsx';
import './controls.css';
import './picture-files.css';

/** The pictures that were chosen in this page, for all rooms; a page that is loaded again must be given them again. */
export const chosenFolder = signal<GivenFolder | undefined>(undefined);

/** Where the pictures are: a folder that is chosen, or dropped here. */
export function PictureFiles() {
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
      class="picture-files"
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
        class="picture-files-input"
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
