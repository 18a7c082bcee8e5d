// Light on some cells of a picture.
import { useLayoutEffect, useRef } from 'preact/hooks';
import './lit.css';

interface LitProps {
  readonly height: number;
  readonly width: number;
  /** How strongly a cell shines, from 0 to 1, row by row. */
  readonly strengths: ArrayLike<number>;
}

/** Weaker light is shown as none. */
const FAINTEST = 0.05;

/** The light, to be drawn over a picture of as many pixels in the same box; the picture is dimmed. */
export function Lit({ height, width, strengths }: LitProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    const context = canvas.current!.getContext('2d')!;
    const light = context.createImageData(width, height);
    for (let cell = 0; cell < width * height; cell++) {
      const strength = strengths[cell]!;
      // Unlit cells are dimmed by half.
      light.data.set(
        strength > FAINTEST ? [96, 226, 255, 255 * (0.3 + 0.7 * strength)] : [0, 0, 0, 140],
        4 * cell,
      );
    }
    context.putImageData(light, 0, 0);
  }, [strengths, height, width]);
  // biome-ignore lint/a11y/noAriaHiddenOnFocusable: a canvas without a tab index takes no focus.
  return <canvas ref={canvas} class="picture lit" width={width} height={height} aria-hidden="true" />;
}
