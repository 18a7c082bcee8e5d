// An image on its way through the flow: what each stage makes of it.
import { useEffect, useRef, useState } from 'preact/hooks';
import { Picture } from '../../parts/Picture.tsx';
import type { StagePictures } from '../../work/insideTasks.ts';
import type { Images } from '../../work/tasks.ts';
import { stageWords } from './stageWords.ts';

/** A picture of the strip. */
interface Shown {
  readonly key: string;
  readonly name: string;
  readonly meaning: string;
  readonly image: Images;
}

/** All pictures in order, each of which opens large; the arrow keys lead on from there. */
export function Stages({ image, stages }: { image: Images; stages: readonly StagePictures[] }) {
  const [opened, setOpened] = useState<number>();
  const shown = [
    { key: 'image', name: 'The image', meaning: 'What goes in.', image },
    ...stages.flatMap(picturesOf),
  ];
  return (
    <>
      <ol class="inside-stages">
        {shown.map(({ key, name, image: picture }, index) => (
          <li key={key}>
            <button type="button" onClick={() => setOpened(index)}>
              <Picture image={picture} />
              <span>{name}</span>
            </button>
          </li>
        ))}
      </ol>
      {opened !== undefined && (
        <LargeStage
          shown={shown[opened]!}
          onMove={(by) => setOpened(Math.min(shown.length - 1, Math.max(0, opened + by)))}
          onClose={() => setOpened(undefined)}
        />
      )}
    </>
  );
}

function picturesOf(stage: StagePictures): Shown[] {
  const { path, level, output, latent } = stage;
  const { name, meaning } = stageWords(stage);
  const kept = `The latents of level ${level + 1} of this image: under the model, independent noise.`;
  return [
    ...(output ? [{ key: path, name, meaning, image: output }] : []),
    ...(latent
      ? [
          {
            key: `${path}/latent`,
            name: `${name}: latents of level ${level + 1}`,
            meaning: `${meaning} ${kept}`,
            image: latent,
          },
        ]
      : []),
  ];
}

interface LargeStageProps {
  readonly shown: Shown;
  onMove(by: number): void;
  onClose(): void;
}

function LargeStage({ shown: { name, meaning, image }, onMove, onClose }: LargeStageProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog
      ref={dialog}
      class="inside-large"
      aria-label={name}
      onClose={onClose}
      onKeyDown={({ key }) => onMove(key === 'ArrowRight' ? 1 : key === 'ArrowLeft' ? -1 : 0)}
      onClick={({ target }) => target === dialog.current && dialog.current?.close()}
    >
      <div class="inside-large-inside">
        <div class="inside-large-head">
          <h2>{name}</h2>
          <button type="button" class="button" onClick={() => dialog.current?.close()}>
            Close
          </button>
        </div>
        <Picture image={image} label={`${name}, large`} />
        <p>{meaning}</p>
        <div class="inside-buttons">
          <button type="button" class="button" onClick={() => onMove(-1)}>
            Previous
          </button>
          <button type="button" class="button" onClick={() => onMove(1)}>
            Next
          </button>
        </div>
      </div>
    </dialog>
  );
}
