// The inverse of a corner convolution: by anti-diagonals, compared with pixel by pixel.

import { useState } from 'preact/hooks';
import { counted } from '../../../numbers.ts';
import { Choice } from '../../../parts/Choice.tsx';
import { PlayButton } from '../../../parts/PlayButton.tsx';
import { Slider } from '../../../parts/Slider.tsx';
import { usePlayback } from '../../../parts/usePlayback.ts';
import { normals } from '../maths/random.ts';
import {
  cornerConvolution,
  listDiagonals,
  listNeighbours,
  solveByDiagonals,
  waitingDiagonals,
} from '../maths/wavefront.ts';
import { Figure, Panel } from '../parts/Figure.tsx';
import { Pair } from '../parts/Pair.tsx';
import { PixelGrid, type PixelLook } from '../parts/PixelGrid.tsx';
import { ringPicture } from '../parts/pictures.ts';

/** The duration of a step during playback. */
const STEP_MS = 160;

/** The section. */
export function Inverse() {
  return (
    <>
      <p>
        A triangular system is solved by substitution: the first unknown depends on no other, the second on
        the first, and so on. Value by value, that takes H·W·C sequential steps. But a pixel doesn’t depend on
        all pixels before it, only on a few neighbours above it and to its left. All pixels of an
        anti-diagonal can therefore be computed at once: H + W − 1 steps.
      </p>
      <Wavefront />
      <Pair
        tex={
          '\\begin{aligned}x_{h,w} = {}& y_{h,w}\\,K_{00}^{-1} \\\\ & - \\sum_{(i,j)\\ne(0,0)} x_{h-di,\\,w-dj}\\;K_{ij}K_{00}^{-1}\\end{aligned}'
        }
        excerpt="wavefront"
      >
        For the second kernel, with taps counted from the centre. The first is solved in the same way from the
        bottom right. <code>given</code> holds <i>y</i> times the inverse of the centre tap,{' '}
        <code>solved</code> the anti-diagonals so far. One matrix product solves a whole anti-diagonal.
      </Pair>
      <p>
        The number of steps depends on neither the kernel nor the dilation. With dilation <i>d</i>, the first{' '}
        <i>d</i> anti-diagonals have no neighbours and need no product. An emerging convolution has two
        corners, so its inverse takes 2·(H + W − 1) steps.
      </p>
      <p>
        The library goes one step further: it treats a tile of several pixels as one pixel of a corner
        convolution with more channels, whose taps follow from the kernel. If a whole row fits into a tile,
        each step solves a row: H steps.
      </p>
    </>
  );
}

/** The figure. */
export function Wavefront() {
  const [size, setSize] = useState(16);
  const [kernelSize, setKernelSize] = useState(3);
  const [dilation, setDilation] = useState(1);
  const [step, setStep] = useState(0);
  const diagonals = listDiagonals(size, size);
  const [steps, pixels] = [diagonals.length, size * size];
  // Once the wavefront has finished, speed up the rest of the sequence.
  const next = step < steps ? step + 1 : Math.min(pixels, step + Math.ceil((pixels - steps) / 24));
  const [playing, setPlaying] = usePlayback(false, step < pixels ? next : undefined, STEP_MS, setStep);
  const restart = (change: () => void): void => {
    change();
    setStep(0);
    setPlaying(false);
  };
  const side = (kernelSize + 1) / 2;
  const waiting = waitingDiagonals(size, size, kernelSize, dilation);
  const waves = new Map(diagonals.flatMap((some, index) => some.map((pixel) => [pixel, index + 1] as const)));
  const sequence = new Map(Array.from({ length: pixels }, (_, pixel) => [pixel, pixel + 1]));
  return (
    <Figure
      title="Inverting a convolution"
      moving={playing}
      controls={
        <>
          <Slider
            label="Image size"
            value={size}
            least={4}
            most={32}
            shown={`${size} × ${size}`}
            onChange={(value) => restart(() => setSize(value))}
          />
          <Choice
            label="Kernel size"
            value={String(kernelSize)}
            options={[3, 5].map((choice) => ({ value: String(choice), text: `${choice} × ${choice}` }))}
            onChange={(value) => restart(() => setKernelSize(Number(value)))}
          />
          <Choice
            label="Dilation"
            value={String(dilation)}
            options={['1', '2', '3'].map((value) => ({ value, text: value }))}
            onChange={(value) => restart(() => setDilation(Number(value)))}
          />
        </>
      }
      description={
        <>
          Step {counted(step)}. By anti-diagonals{' '}
          {step >= steps
            ? `all pixels are solved after ${steps} steps`
            : `${counted(solvedBy(waves, step))} of ${counted(pixels)} pixels are solved`}
          ; pixel by pixel, {counted(Math.min(step, pixels))} of {counted(pixels)}. Of the {steps}{' '}
          anti-diagonals, {waiting} depend on others.
        </>
      }
    >
      <div class="how-panels how-two">
        <Panel title={`by anti-diagonals: ${steps} steps`}>
          <Solving
            {...{ size, side, dilation, step }}
            order={waves}
            label="The image, solved by anti-diagonals"
          />
        </Panel>
        <Panel title={`pixel by pixel: ${counted(pixels)} steps`}>
          <Solving
            {...{ size, side, dilation, step }}
            order={sequence}
            label="The image, solved pixel by pixel"
          />
        </Panel>
      </div>
      <div class="how-player">
        <PlayButton
          playing={playing}
          atEnd={step >= pixels}
          onRestart={() => setStep(0)}
          onChange={setPlaying}
        />
        <button
          type="button"
          class="button"
          disabled={step >= pixels}
          onClick={() => {
            setPlaying(false);
            setStep(step + 1);
          }}
        >
          One step
        </button>
        <button type="button" class="button" disabled={step === 0} onClick={() => restart(() => {})}>
          Reset
        </button>
      </div>
    </Figure>
  );
}

interface SolvingProps {
  readonly size: number;
  readonly side: number;
  readonly dilation: number;
  readonly step: number;
  /** The step that solves each pixel, from 1. */
  readonly order: ReadonlyMap<number, number>;
  readonly label: string;
}

/** Solved pixels as in the original picture, the others as in the convolved one. */
function Solving({ size, side, dilation, step, order, label }: SolvingProps) {
  const draw = normals(29);
  const kernel = Array.from({ length: side * side }, (_, tap) =>
    tap === 0 ? 1 : (0.55 * draw()) / (side - 1),
  );
  const y = cornerConvolution(ringPicture(size), size, kernel, dilation);
  const x = solveByDiagonals(y, size, kernel, dilation);
  const needed = new Set(
    x.flatMap((_, pixel) => (order.get(pixel) === step ? listNeighbours(pixel, size, side, dilation) : [])),
  );
  const look = (pixel: number): PixelLook => {
    const position = order.get(pixel)!;
    if (position === step) {
      return { class: 'how-now' };
    }
    const [from, greatest] = position < step ? [x, 0.5] : [y, 2.2];
    const level = Math.min(1, Math.max(0, from[pixel]! / (2 * greatest) + 0.5));
    const state = position < step ? 'how-solved' : 'how-unsolved';
    return { class: needed.has(pixel) ? 'how-needed' : state, opacity: 0.08 + 0.92 * level };
  };
  return <PixelGrid height={size} width={size} label={label} look={look} />;
}

function solvedBy(order: ReadonlyMap<number, number>, step: number): number {
  return [...order.values()].filter((position) => position <= step).length;
}
