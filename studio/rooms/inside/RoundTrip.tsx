// The proof that an image returns from its latents, or where it does not.
import { Picture } from '../../parts/Picture.tsx';
import type { Precision, RoundTrip as Returned } from '../../work/insideTasks.ts';
import type { Images } from '../../work/tasks.ts';
import { type Differences, differencesOf } from './differences.ts';

interface RoundTripProps {
  readonly returned: Returned;
  readonly precision: Precision;
}

/** What came back, as a sentence and as a picture of the differences. */
export function RoundTrip({ returned: { seen, decoded, corrected }, precision }: RoundTripProps) {
  const total = seen.pixels.length;
  const differences = decoded && differencesOf(seen.pixels, decoded.pixels);
  const isExact = differences?.wrong === 0;
  return (
    <div class="inside-trip">
      <p data-testid="round-trip">
        {isExact && `All ${total.toLocaleString('en')} values returned exactly, in ${precision}.`}
        {decoded === undefined &&
          `It does not return in ${precision}: decoding gives values that are not finite.`}
        {differences && !isExact && lossOf(differences, total, precision)}
        {!isExact &&
          precision === 'float32' &&
          ' Rounding has grown in the inverse; float64 recovers most images.'}
        {!isExact && corrected && ' With corrections, which verify finds, every value returns.'}
      </p>
      <div class="inside-trip-pictures framed">
        <Captioned image={seen} caption="Before" />
        {decoded && <Captioned image={decoded} caption="After" />}
        {differences && (
          <Captioned
            image={{ pixels: differences.drawn, shape: seen.shape }}
            caption={isExact ? 'Differences: none' : `Differences: white is ${differences.most}`}
          />
        )}
      </div>
    </div>
  );
}

function lossOf({ wrong, most }: Differences, total: number, precision: Precision): string {
  const counts = `${wrong.toLocaleString('en')} of ${total.toLocaleString('en')} values`;
  return `${counts} did not return in ${precision}; the largest difference is ${most} grey levels.`;
}

function Captioned({ image, caption }: { image: Images; caption: string }) {
  return (
    <figure>
      <Picture image={image} label={caption} />
      <figcaption aria-hidden="true">{caption}</figcaption>
    </figure>
  );
}
