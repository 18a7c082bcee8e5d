// The two ends of an interpolation: samples in the address, and which end is chosen next.
import { useRef, useState } from 'preact/hooks';
import { changeSettings } from '../../address.ts';
import { modelAddress, modelKey, type OfferedModel } from '../../models.ts';
import { selectImage } from '../../parts/Picture.tsx';
import { compute } from '../../work/connections.ts';
import type { Images } from '../../work/models.ts';
import { useWork, type Work } from '../../work/useWork.ts';
import {
  type DrawSettings,
  type InterpolationSettings,
  MIDDLE,
  type Sample,
  sampleText,
} from './drawSettings.ts';

/** The ends' names. */
export const endNames = ['A', 'B'] as const;

/** An image at an end. */
interface End {
  readonly image: Images;
  /** The model and the sample as text. */
  readonly key: string;
}

/** The ends of an interpolation. */
export interface Ends {
  /** Undefined where none is chosen, or its image isn't drawn yet. */
  readonly chosen: readonly [End | undefined, End | undefined];
  /** The drawing of images that aren't on the sheet. */
  readonly work: Work<unknown>;
  /** The end that the next click on the sheet sets; undefined if it opens the image instead. */
  readonly wanted: 0 | 1 | undefined;
  choose(endIndex: 0 | 1, sample: Sample): void;
  chooseBoth(samples: readonly Sample[]): void;
  /** Sets `wanted`. */
  want(endIndex: 0 | 1 | undefined): void;
}

/** The ends' state. */
export function useEnds(
  model: OfferedModel | undefined,
  { ends }: InterpolationSettings,
  drawn: DrawSettings,
  sheet: (Images & DrawSettings & { readonly model: OfferedModel }) | undefined,
): Ends {
  const images = useRef(new Map<string, Images>());
  const modelText = model && modelKey(model);
  const keys = ends.map((sample) => (modelText && sample ? `${modelText} ${sampleText(sample)}` : undefined));
  for (const [index, sample] of ends.entries()) {
    if (sample && sheet && modelKey(sheet.model) === modelText && isOnSheet(sample, sheet)) {
      images.current.set(keys[index]!, selectImage(sheet, sample.place - 1));
    }
  }
  const missing = ends.filter(
    (sample, index): sample is Sample =>
      sample !== undefined && !isOnSheet(sample, drawn) && !images.current.has(keys[index] ?? ''),
  );
  const work = useWork(
    model && missing.length > 0
      ? async (waiting) => {
          for (const sample of missing) {
            const { place: samplePlace, ...order } = sample;
            // All before it too, with classes taking turns.
            const request = { model: modelAddress(model), count: samplePlace, ...order };
            const samples = await compute('sample', request, waiting);
            const image = selectImage(samples, samplePlace - 1);
            images.current.set(`${modelText} ${sampleText(sample)}`, image);
          }
        }
      : undefined,
    [modelText, missing.map(sampleText).join()],
  );
  const [wanted, want] = useState<0 | 1>();
  const chosen = keys.map((key) => {
    const image = images.current.get(key ?? '');
    return image && { image, key: key! };
  }) as [End | undefined, End | undefined];
  return {
    chosen,
    work,
    wanted,
    choose(endIndex, sample) {
      changeSettings({ [endIndex === 0 ? 'from' : 'to']: sampleText(sample), step: String(MIDDLE) });
      // Ask for the other end until both are set.
      const isSet = [0, 1].map((index) => index === endIndex || ends[index] !== undefined);
      want(isSet[0] ? (isSet[1] ? undefined : 1) : 0);
    },
    chooseBoth([from, to]) {
      changeSettings({ from: sampleText(from!), to: sampleText(to!), step: String(MIDDLE) });
      want(undefined);
    },
    want,
  };
}

/** Whether a sample is among the images of a sheet. */
function isOnSheet(sample: Sample, { seed, temperature, class: name, count }: DrawSettings): boolean {
  return (
    sample.seed === seed &&
    sample.temperature === temperature &&
    sample.class === name &&
    sample.place <= count
  );
}
