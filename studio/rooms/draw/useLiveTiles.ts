// The first images of a sheet, which follow the temperature's slider while it is dragged.
import { useEffect, useMemo, useState } from 'preact/hooks';
import { modelAddress, modelKey, type OfferedModel } from '../../models.ts';
import { compute } from '../../work/connections.ts';
import type { Images } from '../../work/models.ts';
import { useLatest } from '../../work/useLatest.ts';
import type { DrawSettings } from './drawSettings.ts';

/** How many images follow. */
const TILES = 8;

/** The sheet while the slider is dragged. */
interface LiveTiles {
  /** The temperature of the slider, until there is a sheet of it. */
  readonly dragged: number | undefined;
  /** The sheet with the first images redrawn; undefined unless the slider is dragged. */
  readonly images: Images | undefined;
  /** How many images are redrawn. */
  readonly count: number;
  drag(temperature: number): void;
}

/** Redraws the first images of a sheet at the slider's temperature. */
export function useLiveTiles(
  model: OfferedModel | undefined,
  settings: DrawSettings,
  sheet: (Images & DrawSettings & { readonly model: OfferedModel }) | undefined,
): LiveTiles {
  const [dragged, setDragged] = useState<number>();
  useEffect(() => setDragged(undefined), [sheet]);
  const key = model && modelKey(model);
  const { seed, class: className } = settings;
  const count = Math.min(TILES, settings.count);
  const order = useMemo(
    () =>
      model && dragged !== undefined
        ? { model: modelAddress(model), seed, class: className, count, temperature: dragged }
        : undefined,
    [key, seed, className, count, dragged],
  );
  const tiles = useLatest(order, (wanted) => compute('sample', wanted)).latest?.result;
  const images = useMemo(() => {
    if (!tiles || !sheet || modelKey(sheet.model) !== key) {
      return undefined;
    }
    const pixels = sheet.pixels.slice();
    pixels.set(tiles.pixels.subarray(0, pixels.length));
    return { pixels, shape: sheet.shape };
  }, [tiles, sheet, key]);
  return {
    dragged,
    images,
    count,
    drag(temperature) {
      const isShown = temperature === settings.temperature && temperature === sheet?.temperature;
      setDragged(isShown ? undefined : temperature);
    },
  };
}
