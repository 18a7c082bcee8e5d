// A canvas for drawing a digit.
import { useEffect, useRef } from 'preact/hooks';
import type { Images } from '../../work/tasks.ts';
import { centred } from './centred.ts';

/** The canvas's side: fine enough for smooth strokes at a model's size. */
const SIDE = 224;
const BRUSH = 18;

/** The last drawing, which outlives the room. */
let strokes: ImageData | undefined;

interface DrawPadProps {
  readonly shape: Images['shape'];
  onImage(image: Images | undefined): void;
}

/** White strokes on black; reports the image after each stroke. */
export function DrawPad({ shape, onImage }: DrawPadProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const context = (): CanvasRenderingContext2D =>
    canvas.current!.getContext('2d', { willReadFrequently: true })!;
  const clear = (): void => {
    context().fillStyle = 'black';
    context().fillRect(0, 0, SIDE, SIDE);
  };
  useEffect(() => {
    if (strokes) {
      context().putImageData(strokes, 0, 0);
      report(strokes);
    } else {
      clear();
    }
  }, []);
  const place = (event: PointerEvent): readonly [number, number] => {
    const box = canvas.current!.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * SIDE, ((event.clientY - box.top) / box.height) * SIDE];
  };
  const end = (): void => {
    strokes = context().getImageData(0, 0, SIDE, SIDE);
    report(strokes);
  };
  const report = ({ data }: ImageData): void => {
    onImage(
      centred(
        Uint8Array.from({ length: SIDE ** 2 }, (_, pixel) => data[4 * pixel]!),
        shape,
      ),
    );
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
          stroke.moveTo(...place(event));
          stroke.lineTo(...place(event));
          stroke.stroke();
        }}
        onPointerMove={(event) => {
          if (canvas.current!.hasPointerCapture(event.pointerId)) {
            context().lineTo(...place(event));
            context().stroke();
          }
        }}
        onPointerUp={end}
        onPointerCancel={end}
      />
      <button
        type="button"
        class="button"
        onClick={() => {
          clear();
          strokes = undefined;
          onImage(undefined);
        }}
      >
        Clear
      </button>
    </div>
  );
}
