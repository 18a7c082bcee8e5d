// One image beside the map of its bits.
import type { HeatRange, NdArray } from 'emerging-flows';
import { useMemo, useState } from 'preact/hooks';
import { HeatGrid } from '../../parts/HeatGrid.tsx';
import { HeatScale } from '../../parts/HeatScale.tsx';
import { placeName } from '../../parts/heatPlaces.ts';
import { Picture } from '../../parts/Picture.tsx';
import { Working } from '../../parts/Working.tsx';
import type { Images } from '../../work/tasks.ts';
import type { Work } from '../../work/useWork.ts';
import { percentText } from './percentText.ts';

interface OddImageProps {
  readonly name: string;
  readonly image: Images;
  readonly bits: number;
  readonly percentile: number | undefined;
  /** What it is compared with. */
  readonly words: string | undefined;
  /** The bits of each pixel. */
  readonly map: NdArray['data'] | undefined;
  /** The range of all maps, in bits/dim. */
  readonly range: HeatRange | undefined;
  readonly mapping: Work<unknown>;
}

/** The image, its map in the colours of all maps, and the value at a place. */
export function OddImage({ name, image, bits, percentile, words, map, range, mapping }: OddImageProps) {
  const [height, width, channels] = image.shape;
  const [chosen, setChosen] = useState(0);
  // Per value, as bits/dim: the mean over the map is the image's.
  const values = useMemo(() => map && Float64Array.from(map, (one) => one / channels), [map, channels]);
  const mean = values && values.reduce((sum, one) => sum + one, 0) / values.length;
  const place = `${placeName(chosen, [height, width, 1])}: ${values?.[chosen]?.toFixed(2)} bits/dim`;
  return (
    <section class="odd-image" aria-label="The chosen image">
      <h2>
        <bdi>{name}</bdi>
      </h2>
      <p class="odd-facts" aria-live="polite">
        <strong class="figure">
          <span data-testid="bits">{Number.isFinite(bits) ? bits.toFixed(4) : 'No finite number of'}</span>{' '}
          bits/dim
        </strong>
        {percentile !== undefined && (
          <span class="quiet">
            more bits than {percentText(percentile)} of {words}
          </span>
        )}
      </p>
      <div class="odd-pair framed">
        <Picture image={image} label="The image" />
        {values && range ? (
          <HeatGrid
            label="Where its bits are"
            values={values}
            shape={[height, width, 1]}
            range={range}
            selected={chosen}
            hover
            words={place}
            onSelect={setChosen}
          />
        ) : (
          <div class="odd-blank" aria-hidden="true" />
        )}
      </div>
      {values && range && (
        <>
          <p class="odd-place" aria-hidden="true">
            {place}
          </p>
          <HeatScale range={range} unit="bits/dim, the same scale for all" digits={2} />
          <p class="control-note">
            The mean of the map is <span data-testid="map-mean">{mean!.toFixed(4)}</span> bits/dim. Bits of
            coarser levels are divided evenly among the pixels that they stand for.
          </p>
        </>
      )}
      <Working work={mapping} />
    </section>
  );
}
