// The ranked images with their numbers, one of them selected.

import { useRef, useState } from 'preact/hooks';
import { ODD } from '../../../src/uses/odd/limits.ts';
import { Picture, selectImage } from '../../parts/Picture.tsx';
import type { ScoreRatings } from '../../work/oddTasks.ts';
import type { NamedImages } from './alteredSet.ts';
import { pText, scoreText } from './oddText.ts';

interface OddGridProps {
  readonly set: NamedImages;
  readonly ratings: ScoreRatings;
  /** The indices of the images, in order. */
  readonly order: readonly number[];
  readonly chosen: number | undefined;
  onChoose(index: number): void;
}

/** The number shown at first: more would slow the page down. */
const AT_FIRST = 120;

/** The images: one tab stop, with the arrow keys moving within it. */
export function OddGrid({ set, ratings: { scores, pValues }, order, chosen, onChoose }: OddGridProps) {
  const list = useRef<HTMLUListElement>(null);
  const [showsAll, setShowsAll] = useState(false);
  const shown = showsAll ? order : order.slice(0, AT_FIRST);
  const focusable = Math.max(0, shown.indexOf(chosen ?? -1));
  const move = (event: KeyboardEvent): void => {
    const buttons = [...list.current!.querySelectorAll('button')];
    const focused = buttons.indexOf(document.activeElement as HTMLButtonElement);
    const next: Readonly<Record<string, number>> = {
      ArrowLeft: focused - 1,
      ArrowUp: focused - 1,
      ArrowRight: focused + 1,
      ArrowDown: focused + 1,
      Home: 0,
      End: buttons.length - 1,
    };
    const button = buttons[next[event.key] ?? -1];
    if (button) {
      event.preventDefault();
      button.focus();
      button.click();
    }
  };
  return (
    <>
      <ul ref={list} class="odd-grid framed" aria-label="Images in order" onKeyDown={move}>
        {shown.map((index, position) => (
          <li key={index}>
            <button
              type="button"
              tabIndex={position === focusable ? 0 : -1}
              aria-pressed={index === chosen}
              onClick={() => onChoose(index)}
            >
              <Picture image={selectImage(set, index)} />
              <span class="odd-name">
                <bdi>{set.names[index]}</bdi>
              </span>
              <span class="odd-numbers">
                {scoreText(scores[index]!)}
                {pValues && (
                  <span class={pValues[index]! <= ODD ? 'odd-low' : ''}>{pText(pValues[index]!)}</span>
                )}
              </span>
            </button>
          </li>
        ))}
      </ul>
      {shown.length < order.length && (
        <button type="button" class="button" onClick={() => setShowsAll(true)}>
          Show all {order.length.toLocaleString('en')}
        </button>
      )}
    </>
  );
}
