// A canvas for drawing a digit, which can be measured while it is drawn.
import { useEffect, useRef, useState } from 'preact/hooks';
import { Notice } from '../../parts/Notice.tsx';
import { outdated } from '../../parts/outdated.ts';
import { drawPicture } from '../../parts/Picture.tsx';
import type { Images } from '../../work/models.ts';
import { useLatest } from '../../work/useLatest.ts';
import { centred } from './pixels.ts';
import { bitsWords } from './words.ts';

/** The canvas's side: fine enough for smooth strokes at a model's size. */
const SIDE = 224;
const BRUSH = 18;

/** The last drawing, which outlives the room. */
let strokes: ImageData | undefined;

/** How often a stroke is measured, at most. */
const MEASURED_MS = 100;

interface DrawPadProps {
  readonly shape: Images['shape'];
  /** A drawing from a link, to continue. */
  readonly shared?: Images | undefined;
  /** Whether to begin with the last drawing; by default it does. */
  readonly keepsLast?: boolean;
  /** bits/dim of an image, to show while it is drawn. */
  readonly measure?: (image: Images) => Promise<number>;
  onImage(image: Images | undefined): void;
}

/** White strokes on black; reports the image after each stroke. */
export function DrawPad({ shape, shared, keepsLast = true, measure, onImage }: DrawPadProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [drawn, setDrawn] = useState<Images>();
  const measuredAt = useRef(0);
  const measuring = useLatest(measure && drawn, async (image) => measure!(image));
  const bits = measuring.latest?.result;
  const context = (): CanvasRenderingContext2D =>
    canvas.current!.getContext('2d', { willReadFrequently: true })!;
  const clear = (): void => {
    context().fillStyle = 'black';
    context().fillRect(0, 0, SIDE, SIDE);
  };
  useEffect(() => {
    if (strokes && keepsLast) {
      context().putImageData(strokes, 0, 0);
      report(strokes);
    } else {
      clear();
    }
  }, []);
  useEffect(() => {
    if (shared) {
      const picture = document.createElement('canvas');
      drawPicture(picture, shared);
      context().drawImage(picture, 0, 0, SIDE, SIDE);
      setDrawn(shared);
    }
  }, [shared]);
  const drawingPosition = (event: PointerEvent): readonly [number, number] => {
    const box = canvas.current!.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * SIDE, ((event.clientY - box.top) / box.height) * SIDE];
  };
  const end = (): void => {
    strokes = context().getImageData(0, 0, SIDE, SIDE);
    report(strokes);
  };
  const toImages = ({ data }: ImageData): Images | undefined =>
    centred(
      Uint8Array.from({ length: SIDE ** 2 }, (_, pixel) => data[4 * pixel]!),
      shape,
    );
  const report = (drawing: ImageData): void => {
    const image = toImages(drawing);
    setDrawn(image);
    onImage(image);
  };
  const follow = (): void => {
    if (performance.now() - measuredAt.current > MEASURED_MS) {
      measuredAt.current = performance.now();
      setDrawn(toImages(context().getImageData(0, 0, SIDE, SIDE)));
    }
  };
  return (
    <div class="inside-pad">
      <canvas
        ref={canvas}
        width={SIDE}
        height={SIDE}
        role="img"
        aria-label="Draw a digit here with a pointer; with a keyboard, choose a sample instead"
        onPointerDown={(event) => {
          canvas.current!.setPointerCapture(event.pointerId);
          const stroke = context();
          stroke.strokeStyle = 'white';
          stroke.lineWidth = BRUSH;
          stroke.lineCap = 'round';
          stroke.lineJoin = 'round';
          stroke.beginPath();
          stroke.moveTo(...drawingPosition(event));
          stroke.lineTo(...drawingPosition(event));
          stroke.stroke();
        }}
        onPointerMove={(event) => {
          if (canvas.current!.hasPointerCapture(event.pointerId)) {
            context().lineTo(...drawingPosition(event));
            context().stroke();
            follow();
          }
        }}
        onPointerUp={end}
        onPointerCancel={end}
      />
      {measure && drawn && (
        <p class="control-note" data-testid="drawing-bits" {...outdated(measuring.isOutdated)}>
          {bits === undefined ? 'Measuring' : bitsWords(bits)}
        </p>
      )}
      {measuring.problem !== undefined && <Notice>{measuring.problem}</Notice>}
      <button
        type="button"
        class="button"
        onClick={() => {
          clear();
          strokes = undefined;
          setDrawn(undefined);
          onImage(undefined);
        }}
      >
        Clear
      </button>
    </div>
  );
}
