// The choice of the image that is looked into.
import type { GivenFile } from 'emerging-flows/data';
import { useEffect, useState } from 'preact/hooks';
import { changeSettings } from '../../address.ts';
import { addressOf, type OfferedModel } from '../../models.ts';
import { Check } from '../../parts/Check.tsx';
import { Choice } from '../../parts/Choice.tsx';
import { FileDrop } from '../../parts/FileDrop.tsx';
import { Notice } from '../../parts/Notice.tsx';
import { Working } from '../../parts/Working.tsx';
import { compute } from '../../work/compute.ts';
import { FIT } from '../../work/fit.ts';
import { useWork } from '../../work/useWork.ts';
import { DrawPad } from './DrawPad.tsx';
import { seedIn } from './insideSettings.ts';
import type { ChosenImage, Source } from './useImage.ts';

interface ImageChoiceProps {
  readonly model: OfferedModel;
  readonly seed: number;
  readonly chosen: ChosenImage;
}

const sources: readonly { readonly value: Source; readonly text: string }[] = [
  { value: 'sample', text: 'A sample' },
  { value: 'file', text: 'A file' },
  { value: 'drawing', text: 'A drawing' },
];

/** The sources, and what the chosen one needs. Files can be dropped whatever is chosen. */
export function ImageChoice({ model, seed, chosen }: ImageChoiceProps) {
  const { source, shape } = chosen;
  const [files, setFiles] = useState<readonly GivenFile[]>();
  const [fit, setFit] = useState(false);
  useEffect(() => setFiles(undefined), [model.path]);
  const reading = useWork(
    files &&
      ((waiting) => compute('read', { model: addressOf(model), files: files.slice(0, 1), fit }, waiting)),
    [files, fit],
  );
  const read = reading.result;
  useEffect(() => {
    if (read !== undefined) {
      const [name] = read.names;
      chosen.give('file', name === undefined ? undefined : { ...read, name, model: model.path });
    }
  }, [read]);
  return (
    <div class="inside-choice">
      <Choice
        label="Image"
        value={source}
        options={sources}
        onChange={(value) => {
          setFiles(undefined);
          chosen.choose(value as Source);
        }}
      />
      {source === 'sample' && <SeedField seed={seed} />}
      {source === 'drawing' && shape && (
        <DrawPad
          key={model.path}
          shape={shape}
          onImage={(image) =>
            chosen.give('drawing', image && { ...image, name: 'drawing', model: model.path })
          }
        />
      )}
      <div hidden={source !== 'file'} class="inside-files">
        <FileDrop
          onFiles={(given) => {
            chosen.choose('file');
            setFiles(given);
          }}
        />
        <Check label={FIT} checked={fit} onChange={setFit} />
        {files && files.length > 1 && (
          <p class="control-note">Of {files.length} files, the first is shown.</p>
        )}
        {chosen.image && source === 'file' && <p class="control-note inside-name">{chosen.image.name}</p>}
        {read?.refused.map(({ name, reason }) => (
          <Notice key={name}>{reason}</Notice>
        ))}
        <Working work={reading} />
      </div>
      {source === 'sample' && <Working work={chosen.sampling} />}
    </div>
  );
}

function SeedField({ seed }: { seed: number }) {
  // What is being typed may be no seed yet.
  const [typed, setTyped] = useState(String(seed));
  useEffect(() => setTyped(String(seed)), [seed]);
  return (
    <div class="inside-seed">
      <label class="control">
        <span class="control-head">Seed</span>
        <input
          type="number"
          inputMode="numeric"
          min={0}
          step={1}
          value={typed}
          aria-invalid={seedIn(typed) === undefined}
          onInput={({ currentTarget: { value } }) => {
            setTyped(value);
            const wanted = seedIn(value);
            if (wanted !== undefined) {
              changeSettings({ seed: String(wanted) });
            }
          }}
          onBlur={() => setTyped(String(seed))}
        />
      </label>
      <button
        type="button"
        class="button"
        onClick={() => changeSettings({ seed: String((seed + 1) % Number.MAX_SAFE_INTEGER) })}
      >
        Next sample
      </button>
    </div>
  );
}
