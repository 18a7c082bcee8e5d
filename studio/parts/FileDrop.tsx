// Choosing files, or dropping them anywhere on the page.
import { type GivenFiles, type GivenFolder, listFiles } from 'emerging-flows/data';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { Notice } from './Notice.tsx';
import './controls.css';
import './file-drop.css';

/** The buttons' labels. */
const choices = { file: 'Choose a file', files: 'Choose files', folder: 'Choose a folder' } as const;

const PICTURES = 'PNG, JPEG or WebP, also dropped anywhere on the page. Nothing leaves this browser.';

type Choice = keyof typeof choices;

interface FileDropProps {
  /** The buttons; folders can always be dropped. */
  readonly choose: readonly Choice[];
  /** What can be chosen; by default pictures. */
  readonly accepts?: string;
  /** A description of the chosen files. */
  readonly chosen?: string;
  onFiles(files: GivenFolder): void;
}

/** Buttons to choose files, and a drop target that covers the page. */
export function FileDrop({ choose, accepts = PICTURES, chosen, onFiles }: FileDropProps) {
  const { take, problem } = useGivenFiles(onFiles);
  const isOver = usePageDrop(take);
  return (
    <div class="file-drop" data-over={isOver}>
      <div class="buttons">
        {choose.map((choice) => (
          <FileInput key={choice} choice={choice} label={choices[choice]} onGiven={take} />
        ))}
      </div>
      <p class="control-note">{chosen ?? accepts}</p>
      {problem !== undefined && <Notice>{problem}</Notice>}
    </div>
  );
}

/** A button to choose a folder, without a drop target. */
export function FolderButton({ label, onFiles }: { label: string; onFiles(files: GivenFolder): void }) {
  const { take, problem } = useGivenFiles(onFiles);
  return (
    <>
      <FileInput choice="folder" label={label} onGiven={take} />
      {problem !== undefined && <Notice>{problem}</Notice>}
    </>
  );
}

/** Lists the given files, or reports why there are none. */
function useGivenFiles(onFiles: (files: GivenFolder) => void): {
  take(dropped: GivenFiles): void;
  readonly problem: string | undefined;
} {
  const [problem, setProblem] = useState<string>();
  // A folder may take longer to list than what is given after it.
  const last = useRef<GivenFiles | undefined>(undefined);
  const take = (dropped: GivenFiles): void => {
    last.current = dropped;
    const ifLast = (change: () => void): void => {
      if (last.current === dropped) {
        change();
      }
    };
    setProblem(undefined);
    listFiles(dropped).then(
      (folder) => ifLast(() => (folder.files.length === 0 ? setProblem('No files found.') : onFiles(folder))),
      (error: Error) => ifLast(() => setProblem(`${error.message}.`)),
    );
  };
  return { take, problem };
}

/** Accepts drops on the page; returns whether something is being dragged over it. */
function usePageDrop(take: (dropped: GivenFiles) => void): boolean {
  const [isOver, setOver] = useState(false);
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
      // Text that is dragged into a field is left to it.
      if (event.dataTransfer?.types.includes('Files')) {
        event.preventDefault();
        setOver(false);
        latest.current(event.dataTransfer.items);
      }
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
  return isOver;
}

interface FileInputProps {
  readonly choice: Choice;
  readonly label: string;
  onGiven(dropped: GivenFiles): void;
}

/** A file input whose label looks like a button; the keyboard reaches the input. */
function FileInput({ choice, label, onGiven }: FileInputProps) {
  const id = useId();
  return (
    <span class="file-button">
      <input
        id={id}
        type="file"
        multiple={choice !== 'file'}
        ref={(input) => {
          input?.toggleAttribute('webkitdirectory', choice === 'folder');
        }}
        onChange={({ currentTarget }) => {
          if (currentTarget.files!.length > 0) {
            onGiven(Array.from(currentTarget.files!));
          }
          // Allows choosing the same files again.
          currentTarget.value = '';
        }}
      />
      <label for={id} class="button">
        {label}
      </label>
    </span>
  );
}
