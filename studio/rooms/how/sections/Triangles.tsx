// Why corner convolutions are triangular: their matrices, coloured by tap.

import { useState } from 'preact/hooks';
import { linkTo } from '../../../address.ts';
import { counted, decimal } from '../../../numbers.ts';
import { Choice } from '../../../parts/Choice.tsx';
import { Slider } from '../../../parts/Slider.tsx';
import {
  convolutionMatrix,
  createKernel,
  type Entry,
  isCentre,
  type Kind,
  kernelOffsets,
  logDiagonal,
  type Offset,
  toDense,
} from '../maths/convolutions.ts';
import { eliminationLogDet } from '../maths/matrices.ts';
import { Figure, Panel } from '../parts/Figure.tsx';
import { Formula } from '../parts/Formula.tsx';
import { Pair } from '../parts/Pair.tsx';
import { PixelGrid } from '../parts/PixelGrid.tsx';

const SIDE = 5;
const SEED = 11;

/** The section. */
export function Triangles() {
  return (
    <>
      <p>
        An emerging convolution is two convolutions, each with one corner of a kernel (
        <a href={linkTo('how', { section: 'corners' })}>what they see</a>). A convolution is linear, so it is
        a matrix. With the values of the image numbered row by row, every row of the matrix contains the
        kernel once, at the columns of the pixels that it reads. A kernel that only reads later pixels fills
        only the upper triangle; one that only reads earlier pixels, only the lower. The determinant of a
        triangular matrix is the product of its diagonal, and the diagonal repeats the centre tap for every
        pixel.
      </p>
      <p>
        With several channels, there is one more condition. At the centre tap, a pixel reads itself, so its
        channels need an order too: with the first kernel, a channel depends on itself and earlier channels;
        with the second, on itself and later ones.
      </p>
      <Matrices />
      <Pair
        tex={
          '\\begin{gathered}y = \\text{corner}_2(\\text{corner}_1(x)) + b \\\\ \\ln\\lvert\\det\\rvert = \\ln\\lvert\\det\\rvert_1 + \\ln\\lvert\\det\\rvert_2\\end{gathered}'
        }
        excerpt="emergingForward"
      >
        The whole layer: the corners one after the other, then a bias. Their log-determinants add up.
      </Pair>
      <Pair tex={'y_{h,w} = \\sum_{i,j\\,\\ge\\,0} x_{h+di,\\,w+dj}\\;K_{ij}'} excerpt="offsets">
        The first kernel, with dilation <i>d</i>. In the code, direction 1 is right and down, −1 left and up;
        only the corner is stored, not a full kernel with zeros.
      </Pair>
      <Pair
        tex={'\\ln\\lvert\\det\\rvert = H\\,W \\sum_{c=1}^{C} \\ln\\lvert K_{00}[c,c]\\rvert'}
        excerpt="cornerLogDet"
      >
        For one corner. <Formula tex={'K_{00}'} /> is its centre tap, a C&nbsp;×&nbsp;C matrix. An emerging
        convolution adds two of these, with <i>C</i> logarithms each, for any image size.
      </Pair>
      <Pair
        tex={'\\begin{gathered}K_{00}[i,o] = 0 \\\\ \\text{unless } i \\le o\\end{gathered}'}
        excerpt="mask"
      >
        The channel order as a mask on the centre tap; reversed for the second kernel.
      </Pair>
    </>
  );
}

/** The figure. */
export function Matrices() {
  const [kind, setKind] = useState<'first' | 'second'>('first');
  const [channels, setChannels] = useState(1);
  const [centre, setCentre] = useState(0.8);
  const [pixel, setPixel] = useState(12);
  const size = SIDE * SIDE * channels;
  const kindEntries = (kernelKind: Kind): Entry[] =>
    convolutionMatrix(createKernel(kernelKind, channels, centre, SEED), SIDE, SIDE);
  const [ordinary, corner] = [kindEntries('ordinary'), kindEntries(kind)];
  const elimination = decimal(eliminationLogDet(toDense(ordinary, size)), 3);
  const name = `${kind} kernel`;
  const allowed = new Set(kernelOffsets(kind, 3).map(String));
  const looks = new Map(
    kernelOffsets('ordinary', 3).map((offset) => {
      const [h, w] = [Math.floor(pixel / SIDE) + offset[0], (pixel % SIDE) + offset[1]];
      const inside = h >= 0 && h < SIDE && w >= 0 && w < SIDE;
      // Masked taps are drawn faintly.
      const isAllowed = allowed.has(String(offset));
      const text = isAllowed ? (isCentre(offset) ? 'how-on-centre' : 'how-on-tap') : '';
      return [
        inside ? h * SIDE + w : -1,
        { ...tapLook(offset), opacity: isAllowed ? 1 : 0.25, textClass: text },
      ];
    }),
  );
  return (
    <Figure
      title="The matrix of a 3x3 convolution of a 5 × 5 image"
      controls={
        <>
          <Choice
            label="Corner"
            value={kind}
            options={[
              { value: 'first', text: 'first: right and down' },
              { value: 'second', text: 'second: left and up' },
            ]}
            onChange={(value) => setKind(value as 'first' | 'second')}
          />
          <Choice
            label="Channels"
            value={String(channels)}
            options={['1', '2'].map((value) => ({ value, text: value }))}
            onChange={(value) => setChannels(Number(value))}
          />
          <Slider
            label="Centre tap"
            value={centre}
            least={0.1}
            most={2}
            step={0.1}
            shown={decimal(centre, 1)}
            onChange={setCentre}
          />
        </>
      }
      description={
        <>
          Pixel {pixel + 1} of 25 and its {channels === 1 ? 'row' : 'rows'} in both matrices are outlined. The
          matrix of the {name} is {kind === 'first' ? 'upper' : 'lower'} triangular, with {counted(size)}{' '}
          values on its diagonal; their logarithms add up to ln|det| ={' '}
          <span data-testid="diagonal">{decimal(logDiagonal(corner), 3)}</span>. The ordinary matrix has
          entries on both sides: its ln|det| = {elimination} requires Gaussian elimination, about{' '}
          {counted(Math.round(size ** 3 / 3))} multiplications.
        </>
      }
    >
      <div class="how-panels how-matrices">
        <Panel title="ordinary convolution">
          <MatrixDrawing entries={ordinary} size={size} channels={channels} pixel={pixel} label="ordinary" />
        </Panel>
        <Panel title={name}>
          <MatrixDrawing entries={corner} size={size} channels={channels} pixel={pixel} label={name} />
        </Panel>
        <Panel title="the image, with its pixels numbered">
          <PixelGrid
            height={SIDE}
            width={SIDE}
            label="The image with its pixels numbered, coloured by the taps that read them"
            look={(index) => ({ class: 'how-empty', ...looks.get(index), text: String(index + 1) })}
            selected={pixel}
            onSelect={setPixel}
          />
        </Panel>
      </div>
    </Figure>
  );
}

interface MatrixDrawingProps {
  readonly entries: readonly Entry[];
  readonly size: number;
  readonly channels: number;
  /** The pixel whose rows are outlined. */
  readonly pixel: number;
  readonly label: string;
}

function MatrixDrawing({ entries, size, channels, pixel, label }: MatrixDrawingProps) {
  return (
    <div class="how-grid">
      <svg
        viewBox={`-0.5 -0.5 ${size + 1} ${size + 1}`}
        role="img"
        aria-label={`The matrix of the ${label}, ${size} by ${size}, ${entries.length} entries`}
      >
        <rect class="how-sheet" x={-0.5} y={-0.5} width={size + 1} height={size + 1} />
        {entries.map(({ row, column, offset }) => (
          <rect
            key={row * size + column}
            class={tapLook(offset).class}
            style={{ '--hue': tapLook(offset).hue }}
            x={column + 0.06}
            y={row + 0.06}
            width={0.88}
            height={0.88}
          />
        ))}
        <line class="how-diagonal" x1={0} y1={0} x2={size} y2={size} />
        <rect class="how-selected" x={0} y={pixel * channels} width={size} height={channels} />
      </svg>
    </div>
  );
}

/** The hues of the directions around the centre, row by row. */
const hues = [340, 20, 60, 300, 0, 190, 260, 225, 145];

/** The class and the hue of a tap. */
function tapLook(offset: Offset): { readonly class: string; readonly hue: number } {
  const [down, right] = offset;
  return { class: isCentre(offset) ? 'how-centre' : 'how-tap', hue: hues[3 * (down + 1) + right + 1]! };
}
