// Frames around places of an image.
import type { OddPlace } from 'emerging-flows';

interface FramesProps {
  readonly frames: readonly OddPlace[];
  readonly height: number;
  readonly width: number;
}

/** The frames, over the image before them. */
export function Frames({ frames, height, width }: FramesProps) {
  return (
    <>
      {frames.map(({ row, column, side }) => (
        <span
          key={`${row} ${column}`}
          class="odd-frame"
          aria-hidden="true"
          style={{
            left: `${(100 * column) / width}%`,
            top: `${(100 * row) / height}%`,
            width: `${(100 * side) / width}%`,
            height: `${(100 * side) / height}%`,
          }}
        />
      ))}
    </>
  );
}
