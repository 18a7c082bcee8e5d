// A compressed file: its size beside other forms of the same images, and what to do with it.
import { plural } from '../../numbers.ts';
import { downloadBlob } from '../../parts/download.ts';
import type { CompressedImages } from '../../work/codecTasks.ts';
import { bitsText, bytesText, headingText, type Size, sizesOf, verdictText } from './sizes.ts';

interface CompressedFactsProps {
  readonly compressed: CompressedImages;
  onDecode(): void;
}

/** The size, the comparison, and buttons. */
export function CompressedFacts({ compressed, onDecode }: CompressedFactsProps) {
  const { images, values, plain, tiles, seconds, file } = compressed;
  const speed = images / seconds;
  return (
    <section class="compress-facts" aria-labelledby="compress-facts-title">
      <h2 id="compress-facts-title" data-testid="compressed">
        {headingText(compressed)}
      </h2>
      <p>{verdictText(compressed)}</p>
      <SizeBars sizes={sizesOf(compressed)} images={images} values={values} />
      <p class="control-note">
        {seconds.toFixed(1)} s, {speed.toFixed(speed < 10 ? 1 : 0)} images/s.
        {plain > 0 &&
          ` ${plural(plain, tiles ? 'tile' : 'image')} stored plainly: the first of each block, and those that the model can’t take.`}
      </p>
      <div class="buttons">
        <button type="button" class="button" onClick={() => downloadBlob(file, 'images.eflow')}>
          Download images.eflow
        </button>
        <button type="button" class="button" onClick={onDecode}>
          Decode and check
        </button>
      </div>
    </section>
  );
}

interface SizeBarsProps {
  readonly sizes: readonly Size[];
  readonly images: number;
  readonly values: number;
}

/** The bars, with bits per image. */
function SizeBars({ sizes, images, values }: SizeBarsProps) {
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
