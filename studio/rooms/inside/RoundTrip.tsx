// The proof that an image returns from its latents, or where it does not.
import { Picture } from '../../parts/Picture.tsx';
import type { Precision, RoundTrip as Returned } from '../../work/insideTasks.ts';
import type { Images } from '../../work/tasks.ts';

interface RoundTripProps {
  readonly returned: Returned;
  readonly precision: Precision;
}

/** What came back, as a sentence and as a picture of the differences. */
export function RoundTrip({ returned: { seen, decoded, corrected }, precision }: RoundTripProps) {
  const total = seen.pixels.length;
  const differences = decoded?.pixels.map((level, index) => Math.abs(level - seen.pixels[index]!));
  const wrong = differences?.filter((one) => one > 0) ?? new Uint8Array();
  const most = Math.max(0, ...wrong);
  const isExact = decoded !== undefined && wrong.length === 0;
  return (
    <div class="inside-trip">
      <p data-testid="round-trip">
        {isExact && `All ${total.toLocaleString('en')} values returned exactly, in ${precision}.`}
        {decoded === undefined &&
          `It does not return in ${precision}: decoding gives values that are not finite.`}
        {wrong.length > 0 &&
          `${wrong.length.toLocaleString('en')} of ${total.toLocaleString('en')} values did not return in ${precision}; the largest difference is ${most} grey levels.`}
        {!isExact &&
          precision === 'float32' &&
          ' Rounding has grown in the inverse; float64 recovers most images.'}
        {!isExact && corrected && ' With corrections, which verify finds, every value returns.'}
      </p>
      <div class="inside-trip-pictures">
        <Captioned image={seen} caption="Before" />
        {decoded && <Captioned image={decoded} caption="After" />}
        {differences && (
          <Captioned
            image={{
              pixels: differences.map((one) => (most === 0 ? 0 : Math.round((255 * one) / most))),
              shape: seen.shape,
            }}
            caption={isExact ? 'Differences: none' : `Differences: white is ${most}`}
          />
        )}
      </div>
    </div>
  );
}

function Captioned({ image, caption }: { image: Images; caption: string }) {
  return (
    <figure>
      <Picture image={image} label={caption} />
      <figcaption aria-hidden="true">{caption}</figcaption>
    </figure>
  );
}
