// Whether an image is recovered from its latents, and where it isn't.
import { plural } from '../../numbers.ts';
import { Picture } from '../../parts/Picture.tsx';
import type { Precision, RoundTrip as Returned } from '../../work/insideTasks.ts';
import type { Images } from '../../work/tasks.ts';
import { type Differences, differencesOf } from './differences.ts';

interface RoundTripProps {
  readonly returned: Returned;
  readonly precision: Precision;
}

/** The result as a sentence, and a picture of the differences. */
export function RoundTrip({ returned: { seen, decoded, corrected }, precision }: RoundTripProps) {
  const total = seen.pixels.length;
  const differences = decoded && differencesOf(seen.pixels, decoded.pixels);
  const isExact = differences?.wrong === 0;
  return (
    <div class="inside-trip">
      <p data-testid="round-trip">
        {isExact && `All ${total.toLocaleString('en')} values recovered exactly in ${precision}.`}
        {decoded === undefined && `Not recovered in ${precision}: decoding overflows.`}
        {differences && !isExact && lossOf(differences, total, precision)}
        {!isExact &&
          precision === 'float32' &&
          ' The inverse amplified rounding errors; float64 recovers most images.'}
        {!isExact && corrected && ' With the corrections from verify, every value is recovered.'}
      </p>
      <div class="inside-trip-pictures framed">
        <Captioned image={seen} caption="Before" />
        {decoded && <Captioned image={decoded} caption="After" />}
        {differences && (
          <Captioned
            image={{ pixels: differences.drawn, shape: seen.shape }}
            caption={isExact ? 'Differences: none' : `Differences (white: ${differences.most})`}
          />
        )}
      </div>
    </div>
  );
}

function lossOf({ wrong, most }: Differences, total: number, precision: Precision): string {
  const counts = `${wrong.toLocaleString('en')} of ${total.toLocaleString('en')} values`;
  return `${counts} not recovered in ${precision}; the largest difference is ${plural(most, 'grey level')}.`;
}

function Captioned({ image, caption }: { image: Images; caption: string }) {
  return (
    <figure>
      <Picture image={image} label={caption} />
      <figcaption aria-hidden="true">{caption}</figcaption>
    </figure>
  );
}
