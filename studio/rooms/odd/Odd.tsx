// The room Odd: ranks images by bits/dim, and maps where their bits are.
import { heatRange } from 'emerging-flows';
import type { GivenFile } from 'emerging-flows/data';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { changeSettings, settings } from '../../address.ts';
import { addressOf, chosenModel } from '../../models.ts';
import { plural } from '../../numbers.ts';
import { Check } from '../../parts/Check.tsx';
import { Choice } from '../../parts/Choice.tsx';
import { FileDrop } from '../../parts/FileDrop.tsx';
import { ModelChoice } from '../../parts/ModelChoice.tsx';
import { Notice } from '../../parts/Notice.tsx';
import { countOf, imageOf, isVisible, unsupportedChannels } from '../../parts/Picture.tsx';
import { RoomHead } from '../../parts/RoomHead.tsx';
import { Working } from '../../parts/Working.tsx';
import { compute } from '../../work/compute.ts';
import { DIGITS_AUTHORS, takesDigits } from '../../work/digits.ts';
import { FIT } from '../../work/fit.ts';
import { measured } from '../../work/measured.ts';
import { useWork } from '../../work/useWork.ts';
import { Histogram } from './Histogram.tsx';
import { OddGrid } from './OddGrid.tsx';
import { OddImage } from './OddImage.tsx';
import { type OrderName, ordered, orders } from './order.ts';
import { ReferenceChoice } from './ReferenceChoice.tsx';
import { RefusedFiles } from './RefusedFiles.tsx';
import { setToTry } from './setToTry.ts';
import { useReference } from './useReference.ts';
import './odd.css';

/** The number of maps that determine the common range. */
const MOST_MAPS = 16;
const none: readonly number[] = [];

/** The room. */
export function Odd() {
  const offered = chosenModel.value;
  const model = offered?.problem === null ? offered : undefined;
  const path = model?.path;
  const by: OrderName = settings.value.order! in orders ? (settings.value.order as OrderName) : 'odd';
  const withDigits = settings.value.images === 'digits';
  const [files, setFiles] = useState<readonly GivenFile[]>();
  const [fit, setFit] = useState(false);
  const reference = useReference(model);
  const opening = useWork(
    model &&
      (async (waiting) => {
        const address = addressOf(model);
        return files === undefined
          ? { ...(await setToTry(address, withDigits, waiting)), refused: [], model }
          : { ...(await compute('read', { model: address, files, fit }, waiting)), isDigits: false, model };
      }),
    // `fit` matters only for files, `withDigits` only without them.
    [path, files, files ? fit : withDigits],
  );
  const set = opening.result?.model.path === path ? opening.result : undefined;
  const hasDigits = set !== undefined && takesDigits(set.shape);
  const hasImages = set !== undefined && set.names.length > 0;
  const { scores } = reference;
  const rating = useWork(
    hasImages && reference.isKnown
      ? async (waiting) => ({
          set,
          scores,
          words: reference.words,
          ...(await compute(
            'rate',
            { model: addressOf(set.model), pixels: set.pixels, reference: scores },
            waiting,
          )),
        })
      : undefined,
    [set, reference.isKnown, scores],
  );
  const ratings = rating.result?.set === set ? rating.result : undefined;
  const order = useMemo(() => (ratings ? ordered(ratings.bits, ratings.percentiles, by) : []), [ratings, by]);
  const [wanted, setWanted] = useState<number>();
  useEffect(() => setWanted(undefined), [set]);
  const chosen = wanted !== undefined && wanted < order.length ? wanted : order[0];
  const { draws, seed } = ratings?.scores ?? measured;
  const how = { draws, seed };
  const ranging = useWork(
    ratings &&
      set &&
      (async (waiting) => {
        const some = spread(countOf(set), MOST_MAPS).map((index) => imageOf(set, index).pixels);
        const pixels = new Uint8Array(await new Blob(some.map((one) => one.slice())).arrayBuffer());
        const maps = await compute('maps', { model: addressOf(set.model), pixels, ...how }, waiting);
        const [low, high] = heatRange(maps);
        return { set, range: [low / set.shape[2], high / set.shape[2]] as const };
      }),
    [ratings],
  );
  const mapping = useWork(
    ratings && set && chosen !== undefined
      ? async (waiting) => {
          const pixels = imageOf(set, chosen).pixels.slice();
          const { data } = await compute('maps', { model: addressOf(set.model), pixels, ...how }, waiting);
          return { set, chosen, data };
        }
      : undefined,
    [ratings, chosen],
  );
  const map = mapping.result?.set === set && mapping.result?.chosen === chosen ? mapping.result : undefined;

  return (
    <div class="odd">
      <RoomHead title="Odd">
        How many bits does the model need for an image, and where? Both extremes are odd: too few bits means
        simpler than the training images.
      </RoomHead>
      <section class="room-controls" aria-label="Model and images">
        <ModelChoice />
        <Choice
          label="Images"
          value={files ? 'files' : hasDigits && withDigits ? 'digits' : 'samples'}
          options={[
            { value: 'samples', text: 'Samples, some altered' },
            ...(hasDigits ? [{ value: 'digits', text: 'MNIST digits' }] : []),
            ...(files ? [{ value: 'files', text: 'Your files' }] : []),
          ]}
          onChange={(images) => {
            if (images !== 'files') {
              setFiles(undefined);
              changeSettings({ images });
            }
          }}
        />
        {set?.isDigits && <p class="control-note odd-authors">{DIGITS_AUTHORS}</p>}
        <FileDrop choose={['files', 'folder']} onFiles={(given) => setFiles(given.files)} />
        <Check label={FIT} checked={fit} onChange={setFit} />
        {set && <RefusedFiles refused={set.refused} />}
        <ReferenceChoice reference={reference} fit={fit} isBroken={opening.problem !== undefined} />
      </section>
      <section class="odd-results" aria-label="Ranked images">
        {set && !hasImages && <Notice>No usable image among these files.</Notice>}
        {set && !isVisible(set) && <Notice>{unsupportedChannels(set)}</Notice>}
        <Working work={opening} />
        {rating.progress !== undefined || rating.problem !== undefined ? <Working work={rating} /> : null}
        {ratings && set && hasImages && isVisible(set) && (
          <>
            <Histogram bits={ratings.bits} reference={ratings.scores?.bitsPerDim ?? none} chosen={chosen} />
            <div class="odd-order">
              <Choice
                label={plural(set.names.length, 'image')}
                value={by}
                options={Object.entries(orders).map(([value, text]) => ({ value, text }))}
                onChange={(value) => changeSettings({ order: value })}
              />
            </div>
            <OddGrid
              key={path}
              set={set}
              ratings={ratings}
              order={order}
              chosen={chosen ?? 0}
              onChoose={setWanted}
            />
          </>
        )}
      </section>
      {ratings && set && chosen !== undefined && isVisible(set) && (
        <OddImage
          name={set.names[chosen]!}
          image={imageOf(set, chosen)}
          bits={ratings.bits[chosen]!}
          percentile={ratings.percentiles?.[chosen]}
          words={ratings.words}
          map={map?.data}
          range={ranging.result?.set === set ? ranging.result?.range : undefined}
          mapping={mapping.problem === undefined ? ranging : mapping}
        />
      )}
    </div>
  );
}

/** At most `most` indices, evenly spread. */
function spread(count: number, most: number): number[] {
  const number = Math.min(count, most);
  return Array.from({ length: number }, (_, index) => Math.floor((index * count) / number));
}
