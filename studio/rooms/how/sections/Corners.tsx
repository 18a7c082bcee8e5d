// Receptive fields: why ordinary convolutions are hard to invert, and corner convolutions aren't.
import { useState } from 'preact/hooks';
import { plural } from '../../../numbers.ts';
import { Choice } from '../../../parts/Choice.tsx';
import { Slider } from '../../../parts/Slider.tsx';
import { kernelOffsets, pixelsRead } from '../maths/convolutions.ts';
import { Figure, Panel } from '../parts/Figure.tsx';
import { Pair } from '../parts/Pair.tsx';
import { PixelGrid } from '../parts/PixelGrid.tsx';
import { Source } from '../parts/Source.tsx';

const SIZE = 13;

const panels = [
  { kinds: ['first'], look: 'how-first', title: 'first kernel: right and down' },
  { kinds: ['second'], look: 'how-second', title: 'second kernel: left and up' },
  { kinds: ['first', 'second'], look: 'how-both', title: 'both, one after the other' },
] as const;

/** The section. */
export function Corners() {
  return (
    <>
      <p>
        An ordinary <i>k</i>&nbsp;×&nbsp;<i>k</i> convolution computes every pixel from its neighbours on all
        sides. The inverse has no place to start: every unknown pixel appears in the equations of all pixels
        around it. Inverting it means solving one system of H·W·C linear equations, and the determinant costs
        as much as the solution.
      </p>
      <p>
        An emerging convolution consists of two kernels, each reduced to one corner. The first reads only
        pixels to the right and below, the second only pixels to the left and above. For each, the inverse has
        a place to start: one pixel, in a corner of the image, depends only on itself. Applied one after the
        other, the two read pixels in all directions (
        <Source of="emerging">Hoogeboom, van den Berg and Welling, 2019</Source>).
      </p>
      <ReceptiveFields />
      <Pair tex={'y_{h,w} = \\sum_{i,j\\,\\ge\\,0} x_{h+di,\\,w+dj}\\;K_{ij}'} excerpt="offsets">
        The first kernel, with dilation <i>d</i>. In the code, direction 1 is right and down, −1 left and up;
        only the corner is stored, not a full kernel with zeros.
      </Pair>
      <Pair
        tex={
          '\\begin{gathered}y = \\text{corner}_2(\\text{corner}_1(x)) + b \\\\ \\ln\\lvert\\det\\rvert = \\ln\\lvert\\det\\rvert_1 + \\ln\\lvert\\det\\rvert_2\\end{gathered}'
        }
        excerpt="emergingForward"
      >
        The whole layer: the corners one after the other, then a bias. Their log-determinants add up.
      </Pair>
    </>
  );
}

/** The figure. */
export function ReceptiveFields() {
  const [kernelSize, setKernelSize] = useState(3);
  const [dilation, setDilation] = useState(1);
  const [pixel, setPixel] = useState(6 * SIZE + 6);
  const [row, column] = [Math.floor(pixel / SIZE), pixel % SIZE];
  const fields = panels.map(({ kinds }) => {
    const steps = kinds.map((kind) => kernelOffsets(kind, kernelSize, dilation));
    return pixelsRead([row, column], steps, SIZE, SIZE);
  });
  const [first, second, together] = fields.map(({ size }) => size) as [number, number, number];
  const full = pixelsRead([row, column], [kernelOffsets('ordinary', kernelSize, dilation)], SIZE, SIZE).size;
  return (
    <Figure
      title="The receptive field of a pixel"
      controls={
        <>
          <Choice
            label="Kernel size"
            value={String(kernelSize)}
            options={[3, 5, 7].map((size) => ({ value: String(size), text: `${size} × ${size}` }))}
            onChange={(value) => setKernelSize(Number(value))}
          />
          <Slider
            label="Dilation"
            value={dilation}
            least={1}
            most={3}
            step={1}
            shown={String(dilation)}
            onChange={setDilation}
          />
        </>
      }
      description={
        <>
          For the output pixel in row {row + 1}, column {column + 1}, the first kernel reads{' '}
          {plural(first, 'pixel')}, the second {second}; together they cover {together}, an ordinary{' '}
          {kernelSize} × {kernelSize} kernel {full}. Stronger colours mean more paths to the output.
        </>
      }
    >
      <div class="how-panels how-three">
        {panels.map(({ look, title }, index) => {
          const maxWays = Math.max(...fields[index]!.values());
          return (
            <Panel key={look} title={title}>
              <PixelGrid
                height={SIZE}
                width={SIZE}
                label={`The receptive field of a pixel: ${title}`}
                look={(position) => {
                  const ways = fields[index]!.get(position);
                  return ways === undefined
                    ? { class: 'how-empty' }
                    : { class: look, opacity: 0.35 + (0.65 * ways) / maxWays };
                }}
                selected={pixel}
                onSelect={setPixel}
              />
            </Panel>
          );
        })}
      </div>
    </Figure>
  );
}
