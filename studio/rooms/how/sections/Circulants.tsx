// Circulant matrices: channels in a ring, all mixed with their neighbours in the same way.
import { useState } from 'preact/hooks';
import { decimal } from '../../../numbers.ts';
import { Slider } from '../../../parts/Slider.tsx';
import { circulantMatrix, eigenvalueSizes } from '../maths/layers.ts';
import { Figure, Panel } from '../parts/Figure.tsx';
import { Heat } from '../parts/Heat.tsx';
import { Source } from '../parts/Source.tsx';

const CHANNELS = 8;

/** The section. */
export function Circulants() {
  return (
    <>
      <p>
        In a circulant matrix, every row is the previous one shifted by one: the channels form a ring, and
        each contributes to the following ones with the same weights. The Fourier transform of the first row
        gives all eigenvalues, so C numbers decide whether the matrix is invertible (
        <Source of="circulant">Feng and Liao, 2025</Source>). Between two diagonal matrices, it is nearly as
        expressive as a full matrix.
      </p>
      <Ring />
    </>
  );
}

/** The figure. */
export function Ring() {
  const [next, setNext] = useState(0.5);
  const [second, setSecond] = useState(-0.2);
  const row = [1, next, second, ...Array<number>(CHANNELS - 3).fill(0)];
  const spectrum = eigenvalueSizes(row);
  const least = Math.min(...spectrum);
  const singular = least < 1e-6;
  return (
    <Figure
      title="A ring of channels"
      controls={
        <>
          <Slider
            label="To the next channel"
            value={next}
            least={-1.5}
            most={1.5}
            step={0.05}
            shown={decimal(next)}
            onChange={setNext}
          />
          <Slider
            label="To the second next"
            value={second}
            least={-1.5}
            most={1.5}
            step={0.05}
            shown={decimal(second)}
            onChange={setSecond}
          />
        </>
      }
      description={
        singular ? (
          'One eigenvalue is 0, so the matrix has no inverse: move a slider.'
        ) : (
          <>
            The smallest of the {CHANNELS} eigenvalues has absolute value {decimal(least, 3)}, the largest{' '}
            {decimal(Math.max(...spectrum), 3)}. The sum of their logarithms is ln|det K| ={' '}
            {decimal(
              spectrum.reduce((sum, eigenvalue) => sum + Math.log(eigenvalue), 0),
              3,
            )}
            .
          </>
        )
      }
    >
      <div class="how-panels how-three">
        <Panel title="contributions of each channel">
          <RingDrawing shares={[next, second]} />
        </Panel>
        <Heat name="K" matrix={circulantMatrix(row)} />
        <Panel title="|eigenvalues|, by frequency">
          <Bars values={spectrum} />
        </Panel>
      </div>
    </Figure>
  );
}

/** The channels in a ring, with lines for contributions. */
function RingDrawing({ shares }: { shares: readonly number[] }) {
  const position = (channel: number): readonly [number, number] => {
    const angle = (2 * Math.PI * channel) / CHANNELS - Math.PI / 2;
    return [50 + 40 * Math.cos(angle), 50 + 40 * Math.sin(angle)];
  };
  const channels = Array.from({ length: CHANNELS }, (_, channel) => channel);
  return (
    <svg class="how-curves" viewBox="0 0 100 100" role="img" aria-label="Channels in a ring">
      {channels.flatMap((from) =>
        shares.map((share, index) => {
          const [[x1, y1], [x2, y2]] = [position(from), position(from + index + 1)];
          return (
            <polyline
              key={`${from} ${index}`}
              class={share > 0 ? 'how-first' : 'how-second'}
              style={{ strokeOpacity: Math.min(1, Math.abs(share)) }}
              points={`${x1},${y1} ${x2},${y2}`}
            />
          );
        }),
      )}
      {channels.map((channel) => {
        const [x, y] = position(channel);
        return <circle key={channel} cx={x} cy={y} r={4} />;
      })}
    </svg>
  );
}

/** A bar chart of nonnegative numbers. */
function Bars({ values }: { values: readonly number[] }) {
  const largest = Math.max(...values);
  return (
    <div class="how-grid">
      <svg
        viewBox={`0 0 ${values.length} ${values.length}`}
        role="img"
        aria-label="The absolute values of the eigenvalues"
      >
        {values.map((value, index) => {
          const height = (values.length * value) / largest;
          return (
            // Frequencies are identified by their position.
            <rect
              key={index}
              x={index + 0.15}
              y={values.length - height}
              width={0.7}
              height={height}
              class="how-both"
            />
          );
        })}
      </svg>
    </div>
  );
}
