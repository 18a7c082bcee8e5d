// An image of many channels as a block: its face is height and width, its depth the channels.

interface BlockProps {
  readonly shape: readonly [height: number, width: number, channels: number];
  /** The largest height among the blocks that it is compared with. */
  readonly most: number;
  /** The class of its colour. */
  readonly look: string;
}

/** A drawing without a label: what is around it says the shape. Depth grows with the logarithm of the channels. */
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
