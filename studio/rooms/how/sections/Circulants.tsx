// Circulant matrices: channels in a ring, each mixed with its neighbours in the same way.
import { useState } from 'preact/hooks';
import { Slider } from '../../../parts/Slider.tsx';
import { circulantOf, spectrumOf } from '../maths/circulant.ts';
import { Figure, Panel } from '../parts/Figure.tsx';
import { Heat } from '../parts/Heat.tsx';
import { Source } from '../parts/Source.tsx';
import { decimal } from '../parts/text.ts';

const CHANNELS = 8;

/** The section. */
export function Circulants() {
  return (
    <>
      <p>
        In a circulant matrix every row is the one above, one place further: the channels sit in a ring, and
        each passes the same shares on to those after it. The Fourier transform of its first row has all
        eigenvalues, so C numbers say whether the matrix can be inverted (
        <Source of="circulant">Feng and Liao, 2025</Source>). Between two diagonal matrices it mixes channels
        nearly as freely as a full matrix.
      </p>
      <Ring />
    </>
  );
}

/** Its figure. */
export function Ring() {
  const [next, setNext] = useState(0.5);
  const [second, setSecond] = useState(-0.2);
  const row = [1, next, second, ...Array<number>(CHANNELS - 3).fill(0)];
  const spectrum = spectrumOf(row);
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
            label="To the one after it"
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
          'One eigenvalue is 0: the matrix has no inverse. Move a slider a little.'
        ) : (
          <>
            The smallest of the {CHANNELS} eigenvalues has absolute value {decimal(least, 3)}, the largest{' '}
            {decimal(Math.max(...spectrum), 3)}. The sum of their logarithms is ln|det K| ={' '}
            {decimal(
              spectrum.reduce((sum, one) => sum + Math.log(one), 0),
              3,
            )}
            .
          </>
        )
      }
    >
      <div class="how-panels how-three">
        <Panel title="what each channel passes on">
          <RingDrawing shares={[next, second]} />
        </Panel>
        <Heat name="K" matrix={circulantOf(row)} />
        <Panel title="|eigenvalues|, by frequency">
          <Bars values={spectrum} />
        </Panel>
      </div>
    </Figure>
  );
}

/** The channels in a ring, with a line to each that gets a share. */
function RingDrawing({ shares }: { shares: readonly number[] }) {
  const place = (channel: number): readonly [number, number] => {
    const angle = (2 * Math.PI * channel) / CHANNELS - Math.PI / 2;
    return [50 + 40 * Math.cos(angle), 50 + 40 * Math.sin(angle)];
  };
  const channels = Array.from({ length: CHANNELS }, (_, channel) => channel);
  return (
    <svg class="how-curves" viewBox="0 0 100 100" role="img" aria-label="Channels in a ring">
      {channels.flatMap((from) =>
        shares.map((share, index) => {
          const [[x1, y1], [x2, y2]] = [place(from), place(from + index + 1)];
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
        const [x, y] = place(channel);
        return <circle key={channel} cx={x} cy={y} r={4} />;
      })}
    </svg>
  );
}

/** Numbers of 0 and more as bars from below. */
function Bars({ values }: { values: readonly number[] }) {
  const most = Math.max(...values);
  return (
    <div class="how-grid">
      <svg
        viewBox={`0 0 ${values.length} ${values.length}`}
        role="img"
        aria-label="The absolute values of the eigenvalues"
      >
        {values.map((value, index) => {
          const height = (values.length * value) / most;
          return (
            // Frequencies are known by their place.
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
