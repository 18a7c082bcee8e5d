// Noise, and what the bundled model makes of it.
import { useEffect, useMemo, useState } from 'preact/hooks';
import { fastModel, modelAddress } from '../../models.ts';
import { compute } from '../../work/connections.ts';
import type { Images } from '../../work/models.ts';
import { useLatest } from '../../work/useLatest.ts';
import { normals } from '../how/maths/random.ts';

/** The height and width of the model's images. */
export const SIDE = 28;

/** The noise appears in this time, while the model is loaded. */
const DRAWING_MS = 900;

/** Values beyond so many standard deviations are black or white. */
const EXTENT = 2.6;

/** Noise: a number for each value of each image. */
export interface Noise {
  readonly seed: number;
  readonly values: Float32Array;
  readonly picture: Images;
}

/** Draws normal numbers, with the temperature as their standard deviation. */
export function drawNoise(count: number, seed: number, temperature: number): Noise {
  const normal = normals(seed);
  const standard = Float32Array.from({ length: count * SIDE ** 2 }, normal);
  const pixels = Uint8Array.from(standard, (value) =>
    Math.min(255, Math.max(0, Math.round(127.5 * (1 + value / EXTENT)))),
  );
  return {
    seed,
    values: standard.map((value) => temperature * value),
    picture: { pixels, shape: [SIDE, SIDE, 1] },
  };
}

/** What the model makes of the latest noise. */
export function usePassage(noise: Noise) {
  const model = fastModel.value;
  const order = useMemo(() => model && { model: modelAddress(model), noise }, [model?.path, noise]);
  return useLatest(order, ({ model: address, noise: { values } }) =>
    compute('passageFromNoise', { model: address, noise: values }),
  );
}

/** The number of images whose noise has appeared: one after the other, unless the reader prefers less motion. */
export function useDrawn(count: number): number {
  const [drawn, setDrawn] = useState(matchMedia('(prefers-reduced-motion: reduce)').matches ? count : 1);
  useEffect(() => {
    const begin = performance.now();
    const timer = setInterval(() => {
      const share = Math.min(1, (performance.now() - begin) / DRAWING_MS);
      setDrawn((before) => Math.max(before, Math.floor(share * count)));
      if (share === 1) {
        clearInterval(timer);
      }
    }, DRAWING_MS / count);
    return () => clearInterval(timer);
  }, [count]);
  return drawn;
}
