// The shared content of the room Draw: its settings, the sheet, and the interpolation as an animation.
import type { Settings } from '../../address.ts';
import { modelAddress, type OfferedModel } from '../../models.ts';
import { plural } from '../../numbers.ts';
import { countImages, selectImage } from '../../parts/Picture.tsx';
import { sheetFrame } from '../../share/card.ts';
import type { Shared } from '../../share/ShareButton.tsx';
import { compute } from '../../work/connections.ts';
import type { Images } from '../../work/models.ts';
import { type DrawSettings, STEPS } from './drawSettings.ts';
import type { Ends } from './useEnds.ts';

/** From one end of the interpolation to the other and back. */
const SECONDS = 5;

/** The offer of the room. */
export function shareDrawing(
  address: Settings,
  model: OfferedModel | undefined,
  { temperature, seed, count, class: name }: DrawSettings,
  sheet: Images | undefined,
  [from, to]: Ends['chosen'],
): Shared {
  const settings = {
    ...address,
    ...(model && { model: model.path }),
    temperature: String(temperature),
    seed: String(seed),
    count: String(count),
    ...(name !== '' && { class: name }),
  };
  if (!model || !sheet) {
    return { settings };
  }
  const prepare = async (signal: AbortSignal) => {
    const ends = [from!.image.pixels.slice(), to!.image.pixels.slice()] as const;
    const order = { model: modelAddress(model), ends, steps: STEPS };
    const steps = await compute('interpolate', order, { signal });
    const frames = Array.from({ length: STEPS }, (_, step) => sheetFrame(selectImage(steps, step)));
    return (context: CanvasRenderingContext2D, side: number, time: number): void => {
      const share = 1 - Math.abs(2 * time - 1);
      frames[Math.round(share * (STEPS - 1))]!(context, side, time);
    };
  };
  return {
    settings,
    caption: {
      title: `${plural(countImages(sheet), 'image')} made of noise`,
      facts: [
        'A normalizing flow turns noise into images, and images back into noise.',
        `Temperature ${temperature}, seed ${seed}`,
        model.path,
      ],
    },
    picture: sheetFrame(sheet),
    ...(from && to && { animation: { seconds: SECONDS, prepare } }),
  };
}
