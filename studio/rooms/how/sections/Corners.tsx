// Receptive fields: why ordinary convolutions are hard to invert, and corner convolutions aren't.
import { useState } from 'preact/hooks';
import { linkTo } from '../../../address.ts';
import { plural } from '../../../numbers.ts';
import { Choice } from '../../../parts/Choice.tsx';
import { Slider } from '../../../parts/Slider.tsx';
import { kernelOffsets, pixelsRead } from '../maths/convolutions.ts';
import { Figure, Panel } from '../parts/Figure.tsx';
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
      <ReceptiveFields />
      <p>
        An emerging convolution consists of two kernels, each reduced to one corner. The first reads only
        pixels to the right and below, the second only pixels to the left and above. Applied one after the
        other, they read pixels in all directions, as an ordinary <i>k</i>&nbsp;×&nbsp;<i>k</i> convolution
        does (<Source of="emerging">Hoogeboom, van den Berg and Welling, 2019</Source>).
      </p>
      <p>
        With the pixels numbered row by row, each corner is{' '}
        <a href={linkTo('how/layers', { section: 'triangles' })}>a triangular matrix</a>. Its determinant is
        the product of the diagonal: a few multiplications, for any image size.
      </p>
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
            options={[3, 5, 7].map((size) => ({ value: String(size), text: `${size}x${size}` }))}
            onChange={(value) => setKernelSize(Number(value))}
          />
          <Slider label="Dilation" value={dilation} least={1} most={3} onChange={setDilation} />
        </>
      }
      description={
        <>
          For the output pixel in row {row + 1}, column {column + 1}, the first kernel reads{' '}
          {plural(first, 'pixel')}, the second {second}; together they cover {together}, an ordinary{' '}
          {kernelSize}x{kernelSize} kernel {full}. Stronger colours mean more paths to the output.
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
