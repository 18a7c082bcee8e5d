// A grid of selectable images.
import { useRef, useState } from 'preact/hooks';
import type { Images } from '../work/models.ts';
import { outdated } from './outdated.ts';
import { countImages, Picture, selectImage } from './Picture.tsx';
import './sheet.css';

interface SheetProps {
  readonly images: Images;
  /** The accessible name. */
  readonly label: string;
  /** The number drawn so far; until all are, none can be chosen. By default all. */
  readonly drawn?: number;
  /** Whether newer images are being drawn. */
  readonly isOutdated?: boolean;
  /** The number of images that are newer than the others. */
  readonly fresh?: number;
  /** The images without finite values, which are black. */
  readonly overflowed?: readonly number[];
  /** Letters on some images, by index. */
  readonly marks?: ReadonlyMap<number, string>;
  onChoose(index: number): void;
}

/** A nearly square grid. It is one tab stop; the arrow keys move within it. */
export function Sheet({
  images,
  label,
  drawn,
  isOutdated = false,
  fresh,
  overflowed = [],
  marks,
  onChoose,
}: SheetProps) {
  const grid = useRef<HTMLFieldSetElement>(null);
  const [focused, setFocused] = useState(0);
  const count = countImages(images);
  const [height, width] = images.shape;
  // The layout of the command line's sheets.
  const columns = Math.min(count, Math.max(1, Math.ceil(Math.sqrt((count * height) / width))));
  const move = (event: KeyboardEvent): void => {
    const steps: Readonly<Record<string, number>> = {
      ArrowLeft: -1,
      ArrowRight: 1,
      ArrowUp: -columns,
      ArrowDown: columns,
      Home: -focused,
      End: count - 1 - focused,
    };
    const by = steps[event.key];
    if (by === undefined) {
      return;
    }
    event.preventDefault();
    const inside = focused + by;
    if (inside >= 0 && inside < count) {
      setFocused(inside);
      grid.current?.querySelectorAll('button')[inside]?.focus();
    }
  };
  return (
    <fieldset
      ref={grid}
      class="sheet"
      style={{ gridTemplateColumns: `repeat(${columns}, 1fr)` }}
      aria-label={label}
      {...outdated(isOutdated)}
      aria-busy={isOutdated || drawn !== undefined}
      onKeyDown={move}
    >
      {Array.from({ length: count }, (_, index) => (
        <button
          // A place keeps its key when its image changes.
          key={index}
          type="button"
          class={fresh !== undefined && index >= fresh ? 'sheet-stale' : ''}
          tabIndex={index === Math.min(focused, count - 1) ? 0 : -1}
          disabled={drawn !== undefined}
          data-overflowed={overflowed.includes(index)}
          aria-label={`Image ${index + 1}${overflowed.includes(index) ? ', overflowed' : ''}${marks?.has(index) ? `, interpolation end ${marks.get(index)}` : ''}`}
          onFocus={() => setFocused(index)}
          onClick={() => onChoose(index)}
        >
          {index < (drawn ?? count) ? (
            <Picture image={selectImage(images, index)} />
          ) : (
            <div style={{ aspectRatio: `${width} / ${height}` }} />
          )}
          {marks?.has(index) && <span class="sheet-mark">{marks.get(index)}</span>}
        </button>
      ))}
    </fieldset>
  );
}
