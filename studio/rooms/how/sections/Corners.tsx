// Why an ordinary convolution is hard to invert, and two corners are not: what a pixel is computed from.
import { useState } from 'preact/hooks';
import { Choice } from '../../../parts/Choice.tsx';
import { Slider } from '../../../parts/Slider.tsx';
import { offsetsOf, pixelsRead } from '../maths/convolutions.ts';
import { Figure, Panel } from '../parts/Figure.tsx';
import { Pair } from '../parts/Pair.tsx';
import { PixelGrid } from '../parts/PixelGrid.tsx';
import { Source } from '../parts/Source.tsx';
import { some } from '../parts/text.ts';

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
        sides. Going back, there is no place to begin: every unknown pixel is in the equations of all pixels
        around it. It is one system of H·W·C linear equations, and its determinant costs as much as its
        solution.
      </p>
      <p>
        An emerging convolution consists of two kernels, each cut down to one corner. The first sees only
        pixels to the right and below, the second only pixels to the left and above. For each of them there is
        a place to begin: one pixel, in a corner of the image, is computed from itself alone. Applied one
        after the other, the two see in all directions (
        <Source of="emerging">Hoogeboom, van den Berg and Welling, 2019</Source>).
      </p>
      <ReceptiveFields />
      <Pair tex={'y_{h,w} = \\sum_{i,j\\,\\ge\\,0} x_{h+di,\\,w+dj}\\;K_{ij}'} excerpt="offsets">
        The first kernel, with dilation <i>d</i>. In the code, direction 1 is right and down, and −1 left and
        up: the corner is stored alone, not as a full kernel with zeros.
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

/** Its figure. */
export function ReceptiveFields() {
  const [kernelSize, setKernelSize] = useState(3);
  const [dilation, setDilation] = useState(1);
  const [pixel, setPixel] = useState(6 * SIZE + 6);
  const [row, column] = [Math.floor(pixel / SIZE), pixel % SIZE];
  const fields = panels.map(({ kinds }) => {
    const steps = kinds.map((kind) => offsetsOf(kind, kernelSize, dilation));
    return pixelsRead([row, column], steps, SIZE, SIZE);
  });
  const [first, second, both] = fields.map(({ size }) => size) as [number, number, number];
  const full = pixelsRead([row, column], [offsetsOf('ordinary', kernelSize, dilation)], SIZE, SIZE).size;
  return (
    <Figure
      title="What one pixel is computed from"
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
          The pixel in row {row + 1}, column {column + 1} of the result: the first kernel reads{' '}
          {some(first, 'pixel')}, the second {second}; together they see {both}, of the {full} that an
          ordinary {kernelSize} × {kernelSize} kernel sees here. The stronger the colour of a pixel, the more
          paths lead from it to the result.
        </>
      }
    >
      <div class="how-panels how-three">
        {panels.map(({ look, title }, index) => {
          const most = Math.max(...fields[index]!.values());
          return (
            <Panel key={look} title={title}>
              <PixelGrid
                height={SIZE}
                width={SIZE}
                label={`What a pixel is computed from: ${title}`}
                look={(place) => {
                  const ways = fields[index]!.get(place);
                  return ways === undefined
                    ? { class: 'how-empty' }
                    : { class: look, opacity: 0.35 + (0.65 * ways) / most };
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
