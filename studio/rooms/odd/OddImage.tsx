// The selected image next to a map of where it is odd.
import type { HeatRange } from 'emerging-flows/pictures';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { Choice } from '../../parts/Choice.tsx';
import { HeatGrid } from '../../parts/HeatGrid.tsx';
import { HeatScale } from '../../parts/HeatScale.tsx';
import { placeName } from '../../parts/heatPlaces.ts';
import { Picture } from '../../parts/Picture.tsx';
import { Working } from '../../parts/Working.tsx';
import type { Images } from '../../work/models.ts';
import type { Place, PlaceMap } from '../../work/oddTasks.ts';
import { isShown, type Work } from '../../work/useWork.ts';

/** The standard deviations with the brightest colour, as in maps of the command line. */
const MOST_DEVIATIONS = 8;

interface OddImageProps {
  readonly name: string;
  readonly image: Images;
  readonly bits: number;
  /** The scores of the image: name, value and p-value as text. */
  readonly scores: readonly (readonly [name: string, value: string, p: string])[];
  /** Its rank by the chosen score, in words. */
  readonly rank: string | undefined;
  readonly map: PlaceMap | undefined;
  readonly mapping: Work<unknown>;
  /** Whether the user selected it; otherwise a narrow page doesn't show it. */
  readonly isWanted: boolean;
  onClose(): void;
}

/** The image with its oddest places framed, its map, and the value at a place. */
export function OddImage({
  name,
  image,
  bits,
  scores,
  rank,
  map,
  mapping,
  isWanted,
  onClose,
}: OddImageProps) {
  const [height, width, channels] = image.shape;
  const [pointed, setPointed] = useState<number>();
  useEffect(() => setPointed(undefined), [map]);
  const [wantsBits, setWantsBits] = useState(false);
  const showsBits = wantsBits || map?.deviations === undefined;
  // Divided by channels, so that the map's mean is the image's bits/dim.
  const values = useMemo(
    () =>
      map && (showsBits ? map.bits.map((pixelBits) => pixelBits / channels) : map.deviations!.map(Math.abs)),
    [map, channels, showsBits],
  );
  const range: HeatRange = useMemo(
    () => (showsBits && map ? [map.range[0] / channels, map.range[1] / channels] : [0, MOST_DEVIATIONS]),
    [map, channels, showsBits],
  );
  const frames: readonly Place[] = map?.frames ?? [];
  const oddest = useMemo(() => oddestPixel(map?.deviations), [map]);
  const chosen = pointed ?? oddest;
  const chosenValue = showsBits ? values?.[chosen] : map?.deviations?.[chosen];
  const value = chosenValue?.toFixed(2).replace('-', '−');
  const caption = `${placeName(chosen, [height, width, 1])}: ${value} ${showsBits ? 'bits/dim' : 'standard deviations'}`;
  return (
    <section class="odd-image" aria-label="Selected image" data-wanted={isWanted}>
      <div class="odd-image-head">
        <h2>
          <bdi>{name}</bdi>
        </h2>
        <button type="button" class="button odd-close" onClick={onClose}>
          Close
        </button>
      </div>
      <div class="odd-facts" aria-live="polite">
        {rank !== undefined && <strong>{rank}</strong>}
        <span class="quiet">
          <span data-testid="bits">{Number.isFinite(bits) ? bits.toFixed(4) : 'No finite'}</span> bits/dim
        </span>
      </div>
      <div class="odd-pair framed">
        <div class="odd-framed">
          <Picture image={image} label="Image" />
          <Frames frames={frames} height={height} width={width} />
        </div>
        {values ? (
          <div class="odd-framed">
            <HeatGrid
              label={showsBits ? 'Map of its bits' : 'Map of deviations from validation images'}
              values={values}
              shape={[height, width, 1]}
              range={range}
              selected={chosen}
              hover
              words={caption}
              onSelect={setPointed}
            />
            {!showsBits && <Frames frames={frames} height={height} width={width} />}
          </div>
        ) : (
          <div class="odd-blank" aria-hidden="true" />
        )}
      </div>
      {values && (
        <>
          <p class="odd-place" aria-hidden="true">
            {caption}
          </p>
          <HeatScale
            range={range}
            unit={showsBits ? 'bits/dim' : 'standard deviations'}
            digits={showsBits ? 2 : 0}
          />
          {map?.deviations && (
            <Choice
              label="Map"
              value={showsBits ? 'bits' : 'deviations'}
              options={[
                { value: 'deviations', text: 'Deviation from validation images' },
                { value: 'bits', text: 'Bits' },
              ]}
              onChange={(name) => setWantsBits(name === 'bits')}
            />
          )}
          <p class="control-note">{describePicture(showsBits, frames.length)}</p>
        </>
      )}
      {isShown(mapping) && <Working work={mapping} />}
      {scores.length > 1 && (
        <table class="odd-scores">
          <caption>
            All scores. With reference images, the score bits shows how unusual the bits/dim are: it isn’t a
            number of bits.
          </caption>
          <tbody>
            {scores.map(([score, value, p]) => (
              <tr key={score}>
                <th scope="row">{score}</th>
                <td>{value}</td>
                <td>{p}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

/** The pixel of the oddest place, whose frame it may not be in the middle of at a border. */
function oddestPixel(deviations: Float64Array | undefined): number {
  return (
    deviations?.reduce(
      (best, deviation, index) => (Math.abs(deviation) > Math.abs(deviations[best]!) ? index : best),
      0,
    ) ?? 0
  );
}

function describePicture(showsBits: boolean, frames: number): string {
  const framed =
    frames > 0 ? ` The ${frames === 1 ? 'oddest place is' : `${frames} oddest places are`} framed.` : '';
  return showsBits
    ? `Bits of coarser levels are spread evenly over their pixels.${framed}`
    : `How much each place differs from the same place in validation images, up or down.${framed}`;
}

interface FramesProps {
  readonly frames: readonly Place[];
  readonly height: number;
  readonly width: number;
}

/** The frames, over the image before them. */
function Frames({ frames, height, width }: FramesProps) {
  return (
    <>
      {frames.map(({ row, column, side }) => (
        <span
          key={`${row} ${column}`}
          class="odd-frame"
          aria-hidden="true"
          style={{
            left: `${(100 * column) / width}%`,
            top: `${(100 * row) / height}%`,
            width: `${(100 * side) / width}%`,
            height: `${(100 * side) / height}%`,
          }}
        />
      ))}
    </>
  );
}
