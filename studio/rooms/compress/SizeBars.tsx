// Sizes of the same images in several forms, as bars.
import { bitsText, bytesText, type Size } from './sizes.ts';

interface SizeBarsProps {
  readonly sizes: readonly Size[];
  readonly images: number;
  readonly values: number;
}

/** The bars, with bits per image. */
export function SizeBars({ sizes, images, values }: SizeBarsProps) {
  const most = Math.max(...sizes.map(({ bytes }) => bytes));
  return (
    <ul class="size-bars">
      {sizes.map(({ name, bytes, isOwn }) => (
        <li key={name} class={isOwn ? 'size-own' : ''}>
          <span class="size-name">{name}</span>
          <span class="size-bytes">{bytesText(bytes)}</span>
          <span class="size-track" aria-hidden="true">
            <span style={{ width: `${(100 * bytes) / most}%` }} />
          </span>
          <span class="size-bits">{bitsText(bytes, images, values)}</span>
        </li>
      ))}
    </ul>
  );
}
