// Periodic convolutions: one small matrix per frequency.

import { useMemo, useState } from 'preact/hooks';
import { decimal, plural } from '../../../numbers.ts';
import { Picture } from '../../../parts/Picture.tsx';
import { Slider } from '../../../parts/Slider.tsx';
import {
  applyMatrices,
  type ComplexImage,
  type ComplexMatrix,
  conjugateGroups,
  frequencyMatrices,
  fromFrequencies,
  invertComplex,
  type PeriodicKernel,
  signed,
  toFrequencies,
  wrappedConvolution,
} from '../maths/frequencies.ts';
import { normals } from '../maths/random.ts';
import { Figure, Panel } from '../parts/Figure.tsx';
import { Formula } from '../parts/Formula.tsx';
import { Pair } from '../parts/Pair.tsx';
import { PixelGrid } from '../parts/PixelGrid.tsx';
import { seaPicture } from '../parts/pictures.ts';

const SIZE = 16;
const CHANNELS = [0, 1, 2];
const groups = conjugateGroups(SIZE);

/** The section. */
export function Frequencies() {
  return (
    <>
      <p>
        An ordinary convolution also becomes easy if it wraps around the edges, as if the image repeated for
        ever. Then waves are its eigenvectors: each is multiplied by a factor, or with C channels by a
        C&nbsp;×&nbsp;C matrix. In the frequency domain, one matrix of H·W·C rows becomes H·W matrices of C
        rows.
      </p>
      <PeriodicFigure />
      <Pair
        tex={
          '\\begin{gathered}\\hat W(f) = \\sum_t K_t\\,e^{i\\varphi_f(t)} \\\\ \\ln\\lvert\\det\\rvert = \\sum_f \\ln\\lvert\\det \\hat W(f)\\rvert\\end{gathered}'
        }
        excerpt="periodicLogDet"
      >
        <Formula tex={'\\varphi_f(t)'} /> is the phase of the frequency at tap <i>t</i>. Images are real, so
        frequencies come in conjugate pairs with equal determinants: the code computes one of each pair and
        counts it twice.
      </Pair>
      <Pair tex={'\\hat x(f) = \\hat y(f)\\,\\hat W(f)^{-1}'} excerpt="periodicInverse">
        The inverse needs no order: all frequencies are solved at once.
      </Pair>
    </>
  );
}

/** A kernel at distance `strength` from the identity, which keeps the mean of every channel. */
function createKernel(strength: number): PeriodicKernel {
  const draw = normals(17);
  const drawn = Array.from({ length: 9 }, () => CHANNELS.map(() => CHANNELS.map(() => 0.3 * draw())));
  return drawn.map((tap, index) =>
    tap.map((row, input) =>
      row.map((value, output) => {
        const mean = drawn.reduce((sum, taps) => sum + taps[input]![output]!, 0) / drawn.length;
        return strength * (value - mean) + (index === 4 && input === output ? 1 : 0);
      }),
    ),
  );
}

const picture = seaPicture(SIZE);

/** The figure. */
export function PeriodicFigure() {
  const [strength, setStrength] = useState(0.8);
  const [frequency, setFrequency] = useState(2);
  const [solved, setSolved] = useState(groups.length);
  const { y, spectrum, inverses, matrices, recovered } = useMemo(() => {
    const kernel = createKernel(strength);
    const image = wrappedConvolution(picture, kernel, SIZE);
    const ofEach = frequencyMatrices(kernel, SIZE);
    const inverted = ofEach.map(invertComplex);
    return {
      y: image,
      spectrum: toFrequencies(picture, SIZE),
      matrices: ofEach,
      inverses: inverted,
      recovered: applyMatrices(toFrequencies(image, SIZE), inverted),
    };
  }, [strength]);
  const x = useMemo(
    () => fromFrequencies(recovered, SIZE, groups.slice(0, solved).flat()),
    [recovered, solved],
  );
  const total = inverses.reduce((sum, { logAbsDet }) => sum + logAbsDet, 0);
  const [u, v] = [signed(Math.floor(frequency / SIZE), SIZE), signed(frequency % SIZE, SIZE)];
  return (
    <Figure
      title="An image, its spectrum, and the kernel’s effect on each frequency"
      controls={
        <>
          <Slider
            label="Kernel strength"
            value={strength}
            most={1.2}
            step={0.1}
            shown={decimal(strength, 1)}
            onChange={setStrength}
          />
          <Slider
            label="Frequencies inverted"
            value={solved}
            most={groups.length}
            shown={`${groups.slice(0, solved).flat().length} of ${SIZE * SIZE}`}
            onChange={setSolved}
          />
        </>
      }
      description={
        <>
          ln|det| over all {SIZE * SIZE} frequencies: {decimal(total, 3)}. The frequency with{' '}
          {plural(u, 'wave')} downwards and {decimal(v, 0)} to the right has ln|det| ={' '}
          {decimal(inverses[frequency]!.logAbsDet, 3)}.{' '}
          {solved === groups.length
            ? 'All frequencies are inverted: the image is recovered.'
            : 'Only the lowest frequencies are inverted; the image lacks the others.'}
        </>
      }
    >
      <div class="how-panels how-five">
        <Panel title="image x">
          <Coloured values={picture} label="A sun above the sea, 16 by 16 pixels" />
        </Panel>
        <Panel title="after the convolution, y">
          <Coloured values={y} label="The image after the periodic convolution" />
        </Panel>
        <Panel title="spectrum of x">
          <Spectrum
            label="The spectrum of the image"
            values={squaredModuli(spectrum)}
            look="how-first"
            frequency={frequency}
            onSelect={setFrequency}
          />
        </Panel>
        <Panel title="ln|det| by frequency">
          <Spectrum
            label="ln|det| of the kernel’s matrix by frequency"
            values={inverses.map(({ logAbsDet }) => logAbsDet)}
            look="how-second"
            frequency={frequency}
            onSelect={setFrequency}
          />
        </Panel>
        <Panel title="recovered from the inverted frequencies">
          <Coloured values={x} label="The image recovered from the inverted frequencies" />
        </Panel>
      </div>
      <ComplexTable
        matrix={matrices[frequency]!}
        title={`The matrix of frequency (${decimal(u, 0)}, ${decimal(v, 0)})`}
      />
    </Figure>
  );
}

function squaredModuli({ re, im }: ComplexImage): number[] {
  return re.map((row, index) =>
    Math.log(1e-3 + row.reduce((sum, value, channel) => sum + value ** 2 + im[index]![channel]! ** 2, 0)),
  );
}

/** An RGB image. */
function Coloured({ values, label }: { values: readonly (readonly number[])[]; label: string }) {
  const pixels = Uint8Array.from(values.flat(), (value) => 255 * Math.min(1, Math.max(0, value)));
  return <Picture image={{ pixels, shape: [SIZE, SIZE, CHANNELS.length] }} label={label} />;
}

interface SpectrumProps {
  readonly label: string;
  readonly values: readonly number[];
  readonly look: string;
  readonly frequency: number;
  onSelect(frequency: number): void;
}

/** One value per frequency, with the lowest frequency in the middle; larger values are stronger. */
function Spectrum({ label, values, look, frequency, onSelect }: SpectrumProps) {
  const [least, greatest] = [Math.min(...values), Math.max(...values)];
  return (
    <PixelGrid
      height={SIZE}
      width={SIZE}
      label={label}
      look={(index) => ({
        class: look,
        opacity:
          greatest > least ? 0.06 + (0.94 * (values[moved(index)]! - least)) / (greatest - least) : 0.5,
      })}
      selected={moved(frequency)}
      onSelect={(index) => onSelect(moved(index))}
    />
  );
}

/** Moves frequency 0 to the middle, and back. */
function moved(index: number): number {
  const half = SIZE / 2;
  return ((Math.floor(index / SIZE) + half) % SIZE) * SIZE + (((index % SIZE) + half) % SIZE);
}

function ComplexTable({ matrix, title }: { matrix: ComplexMatrix; title: string }) {
  return (
    <table class="how-complex">
      <caption>{title}</caption>
      <tbody>
        {matrix.re.map((row, index) => (
          <tr key={index}>
            {row.map((re, column) => {
              const im = matrix.im[index]![column]!;
              return (
                <td key={column}>
                  {decimal(re)} {im < 0 ? '−' : '+'} {Math.abs(im).toFixed(2)}i
                </td>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
