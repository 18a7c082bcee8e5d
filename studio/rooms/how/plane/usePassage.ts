// Moves a slider from the data to the noise by itself.
import { useEffect, useState } from 'preact/hooks';

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
  const [isRunning, setRunning] = useState(false);
  useEffect(() => {
    if (!isRunning) {
      return undefined;
    }
    if (position >= layers) {
      setRunning(false);
      return undefined;
    }
    const isReduced = matchMedia('(prefers-reduced-motion: reduce)').matches;
    const [delay, next] = isReduced
      ? [2 * LAYER_MS, Math.floor(position) + 1]
      : [FRAME_MS, position + FRAME_MS / LAYER_MS];
    const timer = setTimeout(() => setPlace(Math.min(layers, next)), delay);
    return () => clearTimeout(timer);
  }, [isRunning, position, layers]);
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
