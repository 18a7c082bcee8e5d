// Couplings: one half of the channels transforms the other.

import { useState } from 'preact/hooks';
import { decimal } from '../../../numbers.ts';
import { Choice } from '../../../parts/Choice.tsx';
import { Slider } from '../../../parts/Slider.tsx';
import { createSpline, splineAt, splineInverse } from '../maths/splines.ts';
import { Curves } from '../parts/Curves.tsx';
import { Figure, Panel } from '../parts/Figure.tsx';
import { Source } from '../parts/Source.tsx';

type Kind = 'affine' | 'additive' | 'spline';

/** A coupling's function of b for given a, with its slope and inverse. */
interface Bending {
  at(b: number): { y: number; slope: number };
  back(y: number): number;
}

const BOUND = 3;

/** Stands in for the network: parameters that change smoothly with a. */
function bendCurve(kind: Kind, a: number): Bending {
  const shift = Math.sin(1.3 * a);
  if (kind === 'additive') {
    return { at: (b) => ({ y: b + shift, slope: 1 }), back: (y) => y - shift };
  }
  if (kind === 'affine') {
    const scale = 1 / (1 + Math.exp(-(2 + 1.5 * a)));
    return { at: (b) => ({ y: (b + shift) * scale, slope: scale }), back: (y) => y / scale - shift };
  }
  const numbers = (count: number, phase: number): number[] =>
    Array.from({ length: count }, (_, index) => 1.1 * a * Math.sin(2.1 * index + phase));
  const spline = createSpline(
    { widths: numbers(5, 0), heights: numbers(5, 2), slopes: numbers(4, 1) },
    BOUND,
  );
  return { at: (b) => splineAt(spline, b), back: (y) => splineInverse(spline, y) };
}

/** The section. */
export function Couplings() {
  return (
    <>
      <p>
        A coupling keeps one half of the channels, a, and applies an increasing function to the other half, b.
        A network computes the function’s parameters only from a. Since a is still there after the layer, the
        same function can be computed again and inverted. ln|det| is the sum of the logarithms of the slopes (
        <Source of="realNvp">Dinh, Sohl-Dickstein and Bengio, 2017</Source>;{' '}
        <Source of="splines">Durkan and others, 2019</Source>).
      </p>
      <BentHalf />
    </>
  );
}

/** The figure. */
export function BentHalf() {
  const [kind, setKind] = useState<Kind>('spline');
  const [a, setA] = useState(1);
  const [b, setB] = useState(0.5);
  const bending = bendCurve(kind, a);
  const { y, slope } = bending.at(b);
  return (
    <Figure
      title="One half transforms the other"
      controls={
        <>
          <Choice
            label="Coupling"
            value={kind}
            options={['affine', 'additive', 'spline'].map((value) => ({ value, text: value }))}
            onChange={(value) => setKind(value as Kind)}
          />
          <Slider
            label="The kept value a"
            value={a}
            least={-1.5}
            most={1.5}
            step={0.05}
            shown={decimal(a)}
            onChange={setA}
          />
          <Slider
            label="The changed value b"
            value={b}
            least={-3.5}
            most={3.5}
            step={0.05}
            shown={decimal(b)}
            onChange={setB}
          />
        </>
      }
      description={
        <>
          b = {decimal(b)} becomes b′ = {decimal(y)}. The slope there is {decimal(slope, 3)}, so this value
          adds ln {decimal(slope, 3)} = {decimal(Math.log(slope), 3)} to ln|det|. The inverse maps b′ to{' '}
          {decimal(bending.back(y))}.
        </>
      }
    >
      <div class="how-panels how-plot">
        <Panel title="b′ against b; the fine line is the identity">
          <Curves
            label={`The curve of the ${kind} coupling`}
            x={[-4, 4]}
            y={[-4, 4]}
            curves={[
              { of: (x) => x, look: 'how-fine' },
              { of: (x) => bending.at(x).y, look: 'how-first' },
            ]}
            marks={[[b, y]]}
          />
        </Panel>
      </div>
    </Figure>
  );
}
