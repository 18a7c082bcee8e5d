// A tile for every stage, by level: its name, and a picture with its own contrast.
import { Picture } from '../../parts/Picture.tsx';
import type { StagePicture } from '../../work/insideTasks.ts';
import type { Images } from '../../work/models.ts';
import { rangeWords, stageWords } from './words.ts';
import '../../parts/large.css';

interface StageTilesProps {
  readonly image: Images;
  readonly stages: readonly StagePicture[];
  /** The chosen one; 0 is the image. */
  readonly at: number;
  onChoose(index: number): void;
}

/** The tiles of all levels. */
export function StageTiles({ image, stages, at: shownIndex, onChoose }: StageTilesProps) {
  const levels = [...new Set(stages.map(({ level }) => level))];
  return (
    <>
      {levels.map((level) => (
        <section key={level} class="stages-level" aria-labelledby={`stages-${level}`}>
          <h3 id={`stages-${level}`}>Level {level + 1}</h3>
          <ol class="stages-tiles framed">
            {level === 0 && (
              <Tile
                kind="image"
                short="Image"
                range={undefined}
                picture={image}
                isChosen={shownIndex === 0}
                onChoose={() => onChoose(0)}
              />
            )}
            {stages.map(
              (stage, index) =>
                stage.level === level && (
                  <Tile
                    key={stage.path}
                    kind={stage.kind}
                    short={stageWords(stage).short}
                    level={level}
                    range={stage.range}
                    picture={stage.picture}
                    isChosen={shownIndex === index + 1}
                    onChoose={() => onChoose(index + 1)}
                  />
                ),
            )}
          </ol>
        </section>
      ))}
    </>
  );
}

interface TileProps {
  readonly kind: StagePicture['kind'] | 'image';
  readonly short: string;
  /** Its level, for those who don't see the heading. */
  readonly level?: number;
  readonly range: readonly [number, number] | undefined;
  readonly picture: Images;
  readonly isChosen: boolean;
  onChoose(): void;
}

function Tile({ kind, short, level, range, picture, isChosen, onChoose }: TileProps) {
  return (
    <li class={`stages-${kind}`}>
      <button type="button" class="picture-button" aria-pressed={isChosen} onClick={onChoose}>
        <Picture image={picture} />
        <strong>
          {short}
          {level !== undefined && <span class="stages-hidden"> of level {level + 1}</span>}
        </strong>
        {range && <span class="quiet">{rangeWords(range)}</span>}
      </button>
    </li>
  );
}
