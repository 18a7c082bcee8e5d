// Four corners side by side: each group of channels reads in its own direction.

import { useState } from 'preact/hooks';
import { counted, plural } from '../../../numbers.ts';
import { Slider } from '../../../parts/Slider.tsx';
import { type Offset, pixelsRead } from '../maths/convolutions.ts';
import { Figure, Panel } from '../parts/Figure.tsx';
import { PixelGrid } from '../parts/PixelGrid.tsx';
import { Source } from '../parts/Source.tsx';

const SIZE = 11;

const groups = [
  { look: 'how-first', title: 'group 1: right and down', down: 1, right: 1 },
  { look: 'how-second', title: 'group 2: left and down', down: 1, right: -1 },
  { look: 'how-both', title: 'group 3: right and up', down: -1, right: 1 },
  { look: 'how-now', title: 'group 4: left and up', down: -1, right: -1 },
] as const;

/** The taps of a corner with these directions. */
function corner(side: number, down: number, right: number): Offset[] {
  const distances = Array.from({ length: side }, (_, index) => index);
  return distances.flatMap((i) => distances.map((j): Offset => [i * down, j * right]));
}

/** The section. */
export function FourCorners() {
  return (
    <>
      <p>
        An emerging convolution applies two corners in turn. Here, four corners work side by side, each on a
        quarter of the channels. After flips, all four have the same direction, so one wavefront inverts them
        together (<Source of="finc">Kallappa, Nagar and Varma, 2023</Source>).
      </p>
      <FourFields />
    </>
  );
}

/** The figure. */
export function FourFields() {
  const [side, setSide] = useState(3);
  const [pixel, setPixel] = useState(5 * SIZE + 5);
  const [row, column] = [Math.floor(pixel / SIZE), pixel % SIZE];
  const fields = groups.map(({ down, right }) =>
    pixelsRead([row, column], [corner(side, down, right)], SIZE, SIZE),
  );
  const placeCount = new Set(fields.flatMap((field) => [...field.keys()])).size;
  return (
    <Figure
      title="Four receptive fields"
      controls={
        <Slider
          label="Kernel size"
          value={side}
          least={1}
          most={5}
          shown={`${side} × ${side}`}
          onChange={setSide}
        />
      }
      description={
        <>
          The output pixel in row {row + 1}, column {column + 1} depends on {plural(fields[0]!.size, 'pixel')}{' '}
          of group 1, {fields[1]!.size} of group 2, {fields[2]!.size} of group 3 and {fields[3]!.size} of
          group 4: {counted(placeCount)} different places. The preceding 1x1 convolution mixes the groups.
        </>
      }
    >
      <div class="how-panels how-four">
        {groups.map(({ look, title }, index) => (
          <Panel key={look} title={title}>
            <PixelGrid
              height={SIZE}
              width={SIZE}
              label={`The receptive field of a pixel: ${title}`}
              look={(position) => ({ class: fields[index]!.has(position) ? look : 'how-empty' })}
              selected={pixel}
              onSelect={setPixel}
            />
          </Panel>
        ))}
      </div>
    </Figure>
  );
}
