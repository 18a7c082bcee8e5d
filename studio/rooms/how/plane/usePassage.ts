// Moves a slider from the data to the noise by itself.
import { usePlayback } from '../../../parts/usePlayback.ts';

/** The time that a layer takes. */
const LAYER_MS = 450;

/** Frames of the movement. */
const FRAME_MS = 60;

/** The movement through the flow; with reduced motion it goes from layer to layer. */
export function usePassage(
  layers: number,
  position: number,
  setPlace: (position: number) => void,
): { readonly isRunning: boolean; toggle(): void; stop(): void } {
  const isReduced = matchMedia('(prefers-reduced-motion: reduce)').matches;
  const [pause, next] = isReduced
    ? [2 * LAYER_MS, Math.floor(position) + 1]
    : [FRAME_MS, position + FRAME_MS / LAYER_MS];
  const nextPlace = position < layers ? Math.min(layers, next) : undefined;
  const [isRunning, setRunning] = usePlayback(false, nextPlace, pause, setPlace);
  return {
    isRunning,
    toggle() {
      if (!isRunning && position >= layers) {
        setPlace(0);
      }
      setRunning(!isRunning);
    },
    stop: () => setRunning(false),
  };
}
