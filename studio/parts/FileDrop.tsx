// Files that are chosen, or dropped anywhere on the page.
import { filesOf, type GivenFile, type GivenFiles } from 'emerging-flows/data';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { Notice } from './Notice.tsx';
import './controls.css';
import './file-drop.css';

interface FileDropProps {
  /** Whether folders can be chosen, too; they can always be dropped. */
  readonly folders?: boolean;
  onFiles(files: readonly GivenFile[]): void;
}

/** Buttons to choose files, and a page on which they can be dropped. */
export function FileDrop({ folders = false, onFiles }: FileDropProps) {
  const [problem, setProblem] = useState<string>();
  const [isOver, setOver] = useState(false);
  const take = (given: GivenFiles): void => {
    setProblem(undefined);
    filesOf(given).then(
      ({ files }) => (files.length === 0 ? setProblem('There are no files in it.') : onFiles(files)),
      (error: Error) => setProblem(`${error.message}.`),
    );
  };
  const latest = useRef(take);
  latest.current = take;
  useEffect(() => {
    const over = (event: DragEvent): void => {
      if (event.dataTransfer?.types.includes('Files')) {
        event.preventDefault();
        setOver(true);
      }
    };
    const leave = (event: DragEvent): void => {
      if (event.relatedTarget === null) {
        setOver(false);
      }
    };
    const drop = (event: DragEvent): void => {
      event.preventDefault();
      setOver(false);
      latest.current(event.dataTransfer!.items);
    };
    addEventListener('dragover', over);
    addEventListener('dragleave', leave);
    addEventListener('drop', drop);
    return () => {
      removeEventListener('dragover', over);
      removeEventListener('dragleave', leave);
      removeEventListener('drop', drop);
    };
  }, []);
  return (
    <div class="file-drop" data-over={isOver}>
      <div class="file-drop-buttons">
        <FileButton label={folders ? 'Choose files' : 'Choose a file'} multiple={folders} onFiles={take} />
        {folders && <FileButton label="Choose a folder" multiple folder onFiles={take} />}
      </div>
      <p class="control-note">
        PNG, JPEG or WebP, chosen or dropped anywhere on the page. {folders ? 'They stay' : 'It stays'} in
        this browser.
      </p>
      {problem !== undefined && <Notice>{problem}</Notice>}
    </div>
  );
}

interface FileButtonProps {
  readonly label: string;
  readonly multiple: boolean;
  /** Whether it asks for a folder. */
  readonly folder?: boolean;
  onFiles(given: GivenFiles): void;
}

/** A label that looks like a button, for an input that the keyboard reaches. */
export function FileButton({ label, multiple, folder = false, onFiles }: FileButtonProps) {
  const id = useId();
  return (
    <span class="file-button">
      <input
        id={id}
        type="file"
        multiple={multiple}
        ref={(input) => {
          input?.toggleAttribute('webkitdirectory', folder);
        }}
        onChange={({ currentTarget }) => {
          if (currentTarget.files!.length > 0) {
            onFiles(Array.from(currentTarget.files!));
          }
          // The same files can be chosen again.
          currentTarget.value = '';
        }}
      />
      <label for={id} class="button">
        {label}
      </label>
    </span>
  );
}
