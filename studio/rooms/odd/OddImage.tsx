// The selected image beside the map of its bits.
import type { HeatRange, NdArray } from 'emerging-flows';
import { useMemo, useState } from 'preact/hooks';
import { HeatGrid } from '../../parts/HeatGrid.tsx';
import { HeatScale } from '../../parts/HeatScale.tsx';
import { placeName } from '../../parts/heatPlaces.ts';
import { Picture } from '../../parts/Picture.tsx';
import { Working } from '../../parts/Working.tsx';
import type { Images } from '../../work/tasks.ts';
import type { Work } from '../../work/useWork.ts';
import { rankText } from './percentText.ts';

interface OddImageProps {
  readonly name: string;
  readonly image: Images;
  readonly bits: number;
  readonly percentile: number | undefined;
  /** The reference in words. */
  readonly words: string | undefined;
  /** The bits of each pixel. */
  readonly map: NdArray['data'] | undefined;
  /** The common range of all maps, in bits/dim. */
  readonly range: HeatRange | undefined;
  readonly mapping: Work<unknown>;
}

/** The image, its map on the common colour scale, and the value at a place. */
export function OddImage({ name, image, bits, percentile, words, map, range, mapping }: OddImageProps) {
  const [height, width, channels] = image.shape;
  const [chosen, setChosen] = useState(0);
  // Divided by channels, so that the map's mean is the image's bits/dim.
  const values = useMemo(() => map && Float64Array.from(map, (one) => one / channels), [map, channels]);
  const mean = values && values.reduce((sum, one) => sum + one, 0) / values.length;
  const place = `${placeName(chosen, [height, width, 1])}: ${values?.[chosen]?.toFixed(2)} bits/dim`;
  return (
    <section class="odd-image" aria-label="Selected image">
      <h2>
        <bdi>{name}</bdi>
      </h2>
      <p class="odd-facts" aria-live="polite">
        <strong class="figure">
          <span data-testid="bits">{Number.isFinite(bits) ? bits.toFixed(4) : 'No finite'}</span> bits/dim
        </strong>
        {percentile !== undefined && words !== undefined && (
          <span class="quiet">{rankText(percentile, words)}</span>
        )}
      </p>
      <div class="odd-pair framed">
        <Picture image={image} label="Image" />
        {values && range ? (
          <HeatGrid
            label="Map of its bits"
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
          <HeatScale range={range} unit="bits/dim, one scale for all" digits={2} />
          <p class="control-note">
            Mean of the map: <span data-testid="map-mean">{mean!.toFixed(4)}</span> bits/dim. Bits of coarser
            levels are spread evenly over their pixels.
          </p>
        </>
      )}
      <Working work={mapping} />
    </section>
  );
}
