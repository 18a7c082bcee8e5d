// Draws an array as a block: the face is height x width, the depth the channels.

interface BlockProps {
  readonly shape: readonly [height: number, width: number, channels: number];
  /** The largest height among the blocks shown together. */
  readonly most: number;
  /** The colour's class. */
  readonly look: string;
}

/** A decorative drawing: the text around it gives the shape. Depth is logarithmic in the channels. */
export function Block({ shape, most, look }: BlockProps) {
  const [height, width, channels] = shape;
  const [rows, columns] = [height, width].map((side) => 6 + (30 * side) / most) as [number, number];
  const depth = 2.2 * Math.log2(2 * channels);
  const at = (...points: (readonly [number, number])[]): string => points.map(String).join(' ');
  return (
    <svg
      class={`how-solid ${look}`}
      viewBox={`-1 -1 ${columns + depth + 2} ${rows + depth + 2}`}
      width={columns + depth + 2}
      height={rows + depth + 2}
      aria-hidden="true"
    >
      <rect x={0} y={depth} width={columns} height={rows} />
      <polygon points={at([0, depth], [depth, 0], [columns + depth, 0], [columns, depth])} />
      <polygon
        points={at([columns, depth], [columns + depth, 0], [columns + depth, rows], [columns, rows + depth])}
      />
    </svg>
  );
}
