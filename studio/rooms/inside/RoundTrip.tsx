// An image, the image decoded from its latents, and whether it is recovered.
import type { ComponentChildren } from 'preact';
import { useMemo } from 'preact/hooks';
import { plural } from '../../numbers.ts';
import { HeatGrid } from '../../parts/HeatGrid.tsx';
import { Notice } from '../../parts/Notice.tsx';
import { outdated } from '../../parts/outdated.ts';
import { Picture } from '../../parts/Picture.tsx';
import { Working } from '../../parts/Working.tsx';
import type { Precision } from '../../work/arithmetic.ts';
import type { Decoded, Reach, RoundTrip as Returned, Touched } from '../../work/insideTasks.ts';
import type { Images } from '../../work/models.ts';
import type { PlaceMap } from '../../work/oddTasks.ts';
import type { Work } from '../../work/useWork.ts';
import { countDifferences, type Differences } from './pixels.ts';
import { bitsWords } from './words.ts';

/** A picture that is given needs no values. */
const nothing = new Float32Array(0);

interface RoundTripProps {
  readonly image: Images & { readonly name: string };
  /** The image decoded from the current latents. */
  readonly decoded: Decoded | undefined;
  /** Whether it or its bits are about to be replaced. */
  readonly isOutdated: boolean;
  readonly isEdited: boolean;
  /** bits/dim of both, once they are measured. */
  readonly bits: { readonly image: number | undefined; readonly decoded: number | undefined };
  readonly problem: string | undefined;
  /** The image decoded from its own latents, and the work that does so. */
  readonly returned: Returned | undefined;
  readonly work: Work<unknown>;
  readonly precision: Precision;
  /** The bits of each pixel; undefined until measured. */
  readonly map: PlaceMap | undefined;
  /** What the touched pixel or latent changes. */
  readonly reach: (Reach & { readonly of: Touched }) | undefined;
  /** The same in a sentence. */
  readonly words: string;
  onTouch(touched: Touched | undefined): void;
}

/** The room's section for the image and its return. */
export function RoundTrip({
  image,
  decoded,
  isOutdated,
  isEdited,
  bits,
  problem,
  returned,
  work,
  precision,
  map,
  reach,
  words,
  onTouch,
}: RoundTripProps) {
  const back = isEdited ? decoded : returned?.decoded;
  const differences = back && countDifferences(image.pixels, back.pixels);
  const result = returned && describeResult(returned, precision);
  const [height, width] = image.shape;
  const shape = useMemo(() => [height, width, 1] as const, [height, width]);
  const touchPixel = (index: number | undefined): void =>
    onTouch(index === undefined ? undefined : { kind: 'pixel', index });
  const grid = {
    shape,
    lit: reach?.pixels,
    selected: reach?.of.kind === 'pixel' ? reach.of.index : undefined,
    onSelect: touchPixel,
    onPoint: touchPixel,
  };
  const touchable = (pictured: Images, label: string) => (
    <HeatGrid
      {...grid}
      label={`Pixels of the ${label.toLowerCase()}`}
      values={nothing}
      range={[0, 1]}
      picture={{ image: pictured, label }}
    />
  );
  return (
    <section class="inside-part inside-return" aria-labelledby="trip-title">
      <h2 id="trip-title">There and back</h2>
      {result !== undefined ? (
        <p class="inside-trip" data-testid="round-trip">
          {isEdited ? `Without your edits: ${lowered(result)}` : result}
        </p>
      ) : (
        <Working work={work} />
      )}
      <div class="inside-images framed">
        <Captioned picture={touchable(image, 'Original image')} bits={bits.image} name="image">
          Image: <bdi>{image.name}</bdi>
        </Captioned>
        <Captioned
          picture={decoded && touchable(decoded, 'Decoded image')}
          bits={bits.decoded}
          name="decoded"
          isOutdated={isOutdated}
        >
          {isEdited ? 'Decoded from the edited latents' : 'Decoded from the latents'}
        </Captioned>
        {differences && differences.most > 0 ? (
          <Captioned
            isOutdated={isOutdated}
            picture={
              <Picture
                image={{ pixels: differences.drawn, shape: image.shape }}
                label={`Differences (white: ${differences.most})`}
              />
            }
          >
            Differences (white: {differences.most})
          </Captioned>
        ) : (
          <Captioned
            picture={
              map && <HeatGrid {...grid} label="Bits of each pixel" values={map.bits} range={map.range} />
            }
          >
            Bits of each pixel{differences && '. No differences.'}
          </Captioned>
        )}
        <p class="inside-reach" aria-live="polite">
          {words}
        </p>
        {isEdited && decoded && !decoded.finite && (
          <p class="control-note" role="status">
            The values overflowed (black): move the latents closer to zero.
          </p>
        )}
        {problem !== undefined && <Notice>{problem}</Notice>}
      </div>
    </section>
  );
}

/** Whether the image is recovered, in sentences. */
function describeResult({ seen, decoded, corrected }: Returned, precision: Precision): string {
  const total = seen.pixels.length;
  const differences = decoded && countDifferences(seen.pixels, decoded.pixels);
  if (differences?.wrong === 0) {
    return `All ${total.toLocaleString('en')} values recovered exactly in ${precision}.`;
  }
  return [
    differences
      ? describeLoss(differences, total, precision)
      : `Not recovered in ${precision}: decoding overflows (black).`,
    'The inverse amplifies rounding errors, most for images unlike the training images.',
    precision === 'float32' && 'Try float64, which recovers most images.',
    corrected && 'With the corrections that the library’s verify computes, every value is recovered.',
  ]
    .filter((sentence) => sentence !== false)
    .join(' ');
}

function describeLoss({ wrong, most: greatest }: Differences, total: number, precision: Precision): string {
  const counts = `${wrong.toLocaleString('en')} of ${total.toLocaleString('en')} values`;
  return `${counts} not recovered in ${precision}; the largest difference is ${plural(greatest, 'grey level')}.`;
}

function lowered(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1);
}

interface CaptionedProps {
  readonly picture: ComponentChildren;
  readonly children: ComponentChildren;
  /** bits/dim, in a line of its own; empty until measured, so that nothing moves. */
  readonly bits?: number | undefined;
  /** Tells the bits of several pictures apart. */
  readonly name?: string;
  readonly isOutdated?: boolean;
}

function Captioned({ picture, children, bits, name, isOutdated = false }: CaptionedProps) {
  return (
    <figure {...outdated(isOutdated)}>
      {picture ?? <div class="inside-blank" aria-hidden="true" />}
      <figcaption>
        {children}
        {name !== undefined && (
          <span class="inside-bits" data-testid={`bits-${name}`}>
            {bits !== undefined && bitsWords(bits)}
          </span>
        )}
      </figcaption>
    </figure>
  );
}
