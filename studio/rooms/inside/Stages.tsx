// The output of every stage of the flow for an image.
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

/** All pictures in order; each opens enlarged, with its neighbours on the arrow keys. */
export function Stages({ image, stages }: { image: Images; stages: readonly StagePictures[] }) {
  const [opened, setOpened] = useState<number>();
  const shown = [
    { key: 'image', name: 'Image', meaning: 'The input.', image },
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
          picture={<Picture image={large.image} label={`${large.name}, enlarged`} />}
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
  const kept = `This image's latents of level ${level + 1}: independent noise under the model.`;
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
