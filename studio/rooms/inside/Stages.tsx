// An image on its way through the flow: what each stage makes of it.
import { useState } from 'preact/hooks';
import { Large } from '../../parts/Large.tsx';
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
  const large = shown[opened ?? -1];
  return (
    <>
      <ol class="inside-stages framed">
        {shown.map(({ key, name, image: picture }, index) => (
          <li key={key}>
            <button type="button" class="picture-button" onClick={() => setOpened(index)}>
              <Picture image={picture} />
              <span>{name}</span>
            </button>
          </li>
        ))}
      </ol>
      {opened !== undefined && large && (
        <Large
          label={large.name}
          heading={large.name}
          picture={<Picture image={large.image} label={`${large.name}, large`} />}
          index={opened}
          count={shown.length}
          onMove={setOpened}
          onClose={() => setOpened(undefined)}
        >
          <p class="quiet">{large.meaning}</p>
        </Large>
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
