// The room Odd: orders images by how odd they are, and maps where.
import { menus } from 'virtual:parts';
import type { GivenFile } from 'emerging-flows/data';
import { useMemo, useState } from 'preact/hooks';
import { changeSettings, settings } from '../../address.ts';
import { chosenModel, modelAddress, modelKey } from '../../models.ts';
import { plural } from '../../numbers.ts';
import { Check } from '../../parts/Check.tsx';
import { Choice } from '../../parts/Choice.tsx';
import { FileDrop, FolderButton } from '../../parts/FileDrop.tsx';
import { ModelChoice } from '../../parts/ModelChoice.tsx';
import { Notice } from '../../parts/Notice.tsx';
import { isVisible, selectImage, unsupportedChannels } from '../../parts/Picture.tsx';
import { ReadNotes, RefusedFiles } from '../../parts/ReadResults.tsx';
import { RoomHead } from '../../parts/RoomHead.tsx';
import { Working } from '../../parts/Working.tsx';
import { readSettings } from '../../readSettings.ts';
import { sheetFrame } from '../../share/card.ts';
import { compute } from '../../work/connections.ts';
import { FIT } from '../../work/constants.ts';
import { DIGITS_AUTHORS, takesDigits } from '../../work/digits.ts';
import { isShown, useWork } from '../../work/useWork.ts';
import { setToTry } from './alteredSet.ts';
import { Histogram } from './Histogram.tsx';
import { OddGrid } from './OddGrid.tsx';
import { OddImage } from './OddImage.tsx';
import { chanceText, pText, rankText, scoreText, sourceText } from './oddText.ts';
import { type OrderName, ordered, orders } from './order.ts';
import { Typicality } from './Typicality.tsx';
import { type RatedSet, type Reference, SAMPLES, useMap, useRatings, useReference } from './useRatings.ts';
import './odd.css';

/** The room. */
export function Odd() {
  const offered = chosenModel.value;
  const model = offered?.problem === null ? offered : undefined;
  const path = model?.path;
  const key = model && modelKey(model);
  const { unreadable, unknown, choice, read, whole } = readSettings(settings.value);
  const by = choice('order', Object.keys(orders) as OrderName[]);
  const scoreName = read(
    'score',
    (name) => menus.score.parts.find((part) => part.name === name)?.name,
    undefined,
  );
  const withDigits = choice('images', ['digits', 'samples']) === 'digits';
  /** The opened image's number in the set, from 1; 0 if none is. */
  const opened = whole('find', 0, Number.MAX_SAFE_INTEGER, 0);
  const [files, setFiles] = useState<readonly GivenFile[]>();
  const [fit, setFit] = useState(false);
  const reference = useReference(model);
  const opening = useWork(
    model &&
      (async (waiting) => {
        const address = modelAddress(model);
        return files === undefined
          ? { ...(await setToTry(address, withDigits, waiting)), refused: [], notes: [], model }
          : { ...(await compute('read', { model: address, files, fit }, waiting)), isDigits: false, model };
      }),
    // `fit` matters only for files, `withDigits` only without them.
    [key, files, files ? fit : withDigits],
  );
  const isOpened = opening.problem === undefined && opening.result && modelKey(opening.result.model) === key;
  const set = isOpened ? opening.result : undefined;
  const hasDigits = set !== undefined && takesDigits(set.shape);
  const hasImages = set !== undefined && set.names.length > 0;
  const rating = useRatings(set, reference);
  const ratings = rating.result?.set === set ? rating.result : undefined;
  const score = ratings && (Object.keys(ratings.byScore).find((name) => name === scoreName) ?? ratings.best);
  const scoreRatings = score === undefined ? undefined : ratings?.byScore[score];
  const order = useMemo(
    () =>
      ratings && scoreRatings
        ? ordered(
            { bits: ratings.bits, scores: scoreRatings.scores, isCompared: ratings.reference !== undefined },
            by,
          )
        : [],
    [ratings, scoreRatings, by],
  );
  const setOpened = (index: number | undefined): void => changeSettings({ find: String((index ?? -1) + 1) });
  const isWanted = opened > 0 && opened <= order.length;
  const chosen = isWanted ? opened - 1 : order[0];
  const mapping = useMap(ratings, chosen);
  const p = chosen === undefined ? undefined : scoreRatings?.pValues?.[chosen];
  const count = scoreRatings?.reference.length ?? 0;

  return (
    <>
      <div class="odd" data-wanted={isWanted}>
        <RoomHead
          title="Odd"
          unreadable={[...unreadable, ...unknown()]}
          share={() => ({
            settings: {
              ...settings.value,
              ...(path !== undefined && { model: path }),
              ...(score !== undefined && { score }),
              order: by,
              find: String(files || chosen === undefined ? 0 : chosen + 1),
            },
            ...(set &&
              chosen !== undefined && {
                caption: {
                  title: set.names[chosen]!,
                  facts: [
                    p !== undefined && ratings?.words !== undefined ? rankText(p, count, ratings.words) : '',
                    `${ratings!.bits[chosen]!.toFixed(2)} bits/dim by ${path}`,
                  ].filter((fact) => fact !== ''),
                },
                picture: sheetFrame(selectImage(set, chosen)),
              }),
            omitted: files && 'Your files stay in this browser: the link opens the included images.',
          })}
        >
          Which images don’t belong, and where? Each is compared with validation images, which the model
          wasn’t trained on.
        </RoomHead>
        <section class="room-controls" aria-label="Model and images">
          <ModelChoice />
          <Choice
            label="Images"
            value={files ? 'files' : hasDigits && withDigits ? 'digits' : 'samples'}
            options={[
              ...(hasDigits ? [{ value: 'digits', text: 'Digits, some altered' }] : []),
              { value: 'samples', text: 'Samples, some altered' },
              ...(files ? [{ value: 'files', text: 'Your files' }] : []),
            ]}
            onChange={(images) => {
              if (images !== 'files') {
                setFiles(undefined);
                changeSettings({ images, find: '0' });
              }
            }}
          />
          {set?.isDigits && <p class="control-note odd-authors">{DIGITS_AUTHORS}</p>}
          <FileDrop
            choose={['files', 'folder']}
            onFiles={(folder) => {
              setFiles(folder.files);
              setOpened(undefined);
            }}
          />
          <Check label={FIT} checked={fit} onChange={setFit} />
          {set && <ReadNotes notes={set.notes} />}
          {set && <RefusedFiles refused={set.refused} />}
          <ReferenceChoice
            reference={reference}
            fit={fit}
            hasDigits={hasDigits}
            isBroken={opening.problem !== undefined}
          />
        </section>
        <section class="odd-results" aria-label="Images in order">
          {set && !hasImages && (
            <Notice>
              No usable image among these files: see why under “{plural(set.refused.length, 'file')} skipped”.
            </Notice>
          )}
          {set && !isVisible(set) && <Notice>{unsupportedChannels(set)}</Notice>}
          {[opening, rating].filter(isShown).map((work) => (
            <Working key={work === opening ? 'opening' : 'rating'} work={work} />
          ))}
          {ratings && scoreRatings && set && hasImages && isVisible(set) && (
            <>
              <ScoreChoice ratings={ratings} score={score!} />
              <Histogram
                name={score === 'bits' && count === 0 ? 'bits/dim' : score!}
                values={scoreRatings.scores}
                reference={scoreRatings.reference}
                chosen={chosen}
              />
              {scoreRatings.pValues && (
                <p class="odd-verdict" data-testid="verdict">
                  {chanceText(scoreRatings.pValues, count)} {sourceText(scoreRatings.source)}
                </p>
              )}
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
                ratings={scoreRatings}
                order={order}
                chosen={chosen}
                onChoose={setOpened}
              />
            </>
          )}
        </section>
        {ratings && set && chosen !== undefined && isVisible(set) && (
          <OddImage
            name={set.names[chosen]!}
            image={selectImage(set, chosen)}
            bits={ratings.bits[chosen]!}
            scores={Object.entries(ratings.byScore).map(([name, { scores, pValues }]) => [
              name,
              scoreText(scores[chosen]!),
              pValues ? pText(pValues[chosen]!) : '',
            ])}
            rank={
              p !== undefined && ratings.words !== undefined ? rankText(p, count, ratings.words) : undefined
            }
            map={mapping.map}
            mapping={mapping}
            isWanted={isWanted}
            onClose={() => setOpened(undefined)}
          />
        )}
      </div>
      {ratings?.bits.every(Number.isFinite) && isVisible(ratings.set) && (
        <Typicality set={ratings.set} bits={ratings.bits} />
      )}
    </>
  );
}

interface ReferenceChoiceProps {
  readonly reference: Reference;
  /** Whether to fit files of another size. */
  readonly fit: boolean;
  /** Whether the model takes the included digits. */
  readonly hasDigits: boolean;
  /** Whether the model is unusable, which is reported elsewhere. */
  readonly isBroken: boolean;
}

/** The room's section for the reference. */
function ReferenceChoice({ reference, fit, hasDigits, isBroken }: ReferenceChoiceProps) {
  const { words, refused, isKnown, looking, measuring, measure } = reference;
  const isMissing = isKnown && looking.problem === undefined && reference.scores === undefined;
  return (
    <section class="odd-reference" aria-labelledby="odd-reference-title">
      <h2 id="odd-reference-title">Reference</h2>
      {words !== undefined && <p>{words}.</p>}
      {isMissing && <p data-testid="missing">{missing}</p>}
      <RefusedFiles refused={refused} />
      <div class="buttons">
        {hasDigits && (
          <button type="button" class="button" disabled={!isKnown} onClick={() => measure('digits')}>
            Validation digits
          </button>
        )}
        <FolderButton label="Folder of images" onFiles={({ files }) => measure({ files, fit })} />
        <button type="button" class="button" disabled={!isKnown} onClick={() => measure('samples')}>
          {SAMPLES} samples
        </button>
      </div>
      <Working work={looking.problem === undefined || isBroken ? measuring : looking} />
    </section>
  );
}

/** What the page can't do without statistics of validation images, and what to do. */
const missing =
  'This model has no statistics of validation images, so only bits/dim are shown. Measure images like its training images ' +
  'here, or store their statistics with the model: emerging score MODEL --update-reference (exports: with --reference DATASET).';

/** Why a score can't be chosen here. */
const lacks = {
  classes: 'needs a model with classes',
  labels: 'needs labels: in a terminal',
} as const;

/** The choice; scores that can't be computed are listed with the reason. */
function ScoreChoice({ ratings, score }: { ratings: RatedSet; score: string }) {
  const { summary, trust } = menus.score.parts.find(({ name }) => name === score)!;
  return (
    <div class="odd-score">
      <Choice
        label="Score"
        value={score}
        options={menus.score.parts.map(({ name, needs }) => {
          const disabled = ratings.byScore[name] === undefined;
          const missing = ratings.reference ? needs && lacks[needs] : 'needs statistics of validation images';
          return { value: name, text: disabled && missing ? `${name} (${missing})` : name, disabled };
        })}
        onChange={(value) => changeSettings({ score: value })}
      />
      <p class="control-note">
        {summary} {trust}
      </p>
    </div>
  );
}
