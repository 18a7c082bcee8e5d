// Step 3: what an image costs in bits.
import type { HeatRange } from 'emerging-flows/pictures';
import { useMemo, useState } from 'preact/hooks';
import { changeSettings, settings } from '../../address.ts';
import { fastModel, modelAddress } from '../../models.ts';
import { decimal } from '../../numbers.ts';
import { HeatGrid } from '../../parts/HeatGrid.tsx';
import { HeatScale } from '../../parts/HeatScale.tsx';
import { Notice } from '../../parts/Notice.tsx';
import { outdated } from '../../parts/outdated.ts';
import { Picture } from '../../parts/Picture.tsx';
import { Slider } from '../../parts/Slider.tsx';
import { compute } from '../../work/connections.ts';
import type { Images } from '../../work/models.ts';
import { useLatest } from '../../work/useLatest.ts';
import { normals } from '../how/maths/random.ts';
import { useDigit } from './digit.ts';
import { SIDE } from './noise.ts';
import { storySettings } from './storySettings.ts';

/** The values of an image, and the bits of each without compression. */
const VALUES = SIDE ** 2;
const BITS = 8;

/** The model squeezes squares of 2 x 2 pixels first, and the map divides their bits evenly. */
const SQUARE = 2;
const SQUARES = SIDE / SQUARE;

/** The colours of the bits of a pixel, the same for all images. */
const RANGE: HeatRange = [0, 10];

/** The standard deviation of the noise at the end of the slider, in grey levels. */
const MOST_NOISE = 80;

/** The step. */
export function CostStep() {
  const model = fastModel.value;
  const { digit, problem } = useDigit();
  const { noise: amount } = storySettings(settings.value);
  const [selected, setSelected] = useState((SQUARES * SQUARES + SQUARES) / 2);
  const image = useMemo(() => digit && spoil(digit, amount), [digit, amount]);
  const order = useMemo(() => model && image && { model: modelAddress(model), image }, [model?.path, image]);
  const map = useLatest(order, ({ model: address, image: { pixels } }) =>
    compute('places', { model: address, pixels, reference: undefined }),
  );
  const bits = map.latest?.result.bits;
  const squares = useMemo(() => bits && meansOfSquares(bits), [bits]);
  const total = bits?.reduce((sum, value) => sum + value, 0);
  return (
    <>
      <p>
        The network also computes how likely an image is, and so how many bits are needed to store it: likely
        images get short codes, just as common words are short. <b>Add noise to the digit.</b> What costs
        more, the strokes or the noise?
      </p>
      {problem !== undefined && <Notice>{problem}</Notice>}
      {map.problem !== undefined && <Notice>{map.problem}</Notice>}
      <div class="explain-pair explain-cost">
        <div class="framed">
          <h2>The image</h2>
          {image && <Picture image={image} label="The digit, with the noise" />}
          <Slider
            label="Noise"
            value={amount}
            most={100}
            step={2}
            shown={`${amount} %`}
            ends={['none', 'much']}
            onChange={(value) => changeSettings({ noise: String(value) })}
          />
        </div>
        <div {...outdated(map.isOutdated)}>
          <h2>Its bits</h2>
          {squares === undefined ? (
            <p class="explain-wait">Measuring</p>
          ) : (
            <>
              <HeatGrid
                label="Bits per pixel of each square"
                values={squares}
                shape={[SQUARES, SQUARES, 1]}
                range={RANGE}
                selected={selected}
                hover
                words={describeSquare(selected, squares[selected]!)}
                onSelect={setSelected}
              />
              <HeatScale range={RANGE} unit="bits per pixel" ends={['0 or fewer', '10 or more']} />
              <p class="control-note" aria-hidden="true">
                Point at a square of 2 × 2 pixels. {describeSquare(selected, squares[selected]!)}.
              </p>
              {squares.some((value) => value < 0) && (
                <p class="control-note">
                  A square can have fewer than 0 bits: where the flow is very sure, it lowers the sum, and
                  only the sum is a price.
                </p>
              )}
            </>
          )}
        </div>
        <div {...outdated(map.isOutdated)}>
          <h2>The price</h2>
          {total !== undefined && (
            <dl class="explain-bars" aria-live="polite">
              <Bar name="Uncompressed" bits={BITS} />
              <Bar name="With this flow" bits={total / VALUES} />
            </dl>
          )}
        </div>
      </div>
    </>
  );
}

/** The mean of each square. */
function meansOfSquares(bits: ArrayLike<number>): Float64Array {
  const means = new Float64Array(SQUARES ** 2);
  for (let pixel = 0; pixel < VALUES; pixel++) {
    const row = Math.floor(pixel / SIDE / SQUARE);
    const column = Math.floor((pixel % SIDE) / SQUARE);
    means[row * SQUARES + column]! += bits[pixel]! / SQUARE ** 2;
  }
  return means;
}

function describeSquare(square: number, bits: number): string {
  const range = (index: number): string => `${SQUARE * index + 1}–${SQUARE * (index + 1)}`;
  const [row, column] = [Math.floor(square / SQUARES), square % SQUARES];
  return `Rows ${range(row)}, columns ${range(column)}: ${decimal(bits, 1)} bits per pixel`;
}

/** A price, as a bar. */
function Bar({ name, bits }: { name: string; bits: number }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <span
          class="explain-bar"
          style={{ width: `${Math.min(100, (100 * Math.max(0, bits)) / (1.25 * BITS))}%` }}
        />
        <span>
          <b>{decimal(bits)} bits/dim</b>, {Math.round((bits * VALUES) / 8)} bytes
        </span>
      </dd>
    </div>
  );
}

/** Adds noise to an image, always the same. */
function spoil({ pixels, shape }: Images, amount: number): Images {
  const normal = normals(3);
  return {
    shape,
    pixels: Uint8Array.from(pixels, (level) =>
      Math.min(255, Math.max(0, Math.round(level + (amount / 100) * MOST_NOISE * normal()))),
    ),
  };
}
