// The multi-scale model: squeeze, flow steps, split.
import { useState } from 'preact/hooks';
import { counted, plural } from '../../../numbers.ts';
import { Choice } from '../../../parts/Choice.tsx';
import { Slider } from '../../../parts/Slider.tsx';
import { listLevels, type Shape } from '../maths/layers.ts';
import { Figure } from '../parts/Figure.tsx';
import { Pair } from '../parts/Pair.tsx';
import { Source } from '../parts/Source.tsx';

const images: Readonly<Record<string, { readonly text: string; readonly shape: Shape }>> = {
  mnist: { text: 'MNIST: 28 × 28 × 1', shape: [28, 28, 1] },
  cifar: { text: 'CIFAR-10: 32 × 32 × 3', shape: [32, 32, 3] },
  large: { text: 'ImageNet 64: 64 × 64 × 3', shape: [64, 64, 3] },
};

const stepParts = [
  { name: 'actnorm', does: 'scales and shifts every channel' },
  { name: '1x1', does: 'mixes the channels' },
  { name: 'emerging', does: 'mixes pixels and channels' },
  { name: 'coupling', does: 'transforms one half, given the other' },
];

/** The section. */
export function Levels() {
  return (
    <>
      <p>
        A single layer changes little; a model stacks many. Each level first squeezes the image: blocks of 2 ×
        2 pixels become four times as many channels, which gives the layers channels to mix. Then come the
        flow steps. After them, a split turns half of the channels into latents; the other half continues to a
        coarser level (<Source of="realNvp">Dinh, Sohl-Dickstein and Bengio, 2017</Source>;{' '}
        <Source of="glow">Kingma and Dhariwal, 2018</Source>).
      </p>
      <p>
        Couplings do most of the learning: a network computes from one half of the channels how to transform
        the other half (<Source of="nice">Dinh, Krueger and Bengio, 2015</Source>). The network is never
        inverted, so any network works. The layers between two couplings decide which values interact; that is
        the role of the emerging convolution.
      </p>
      <Diagram />
      <Pair
        tex={
          '\\begin{gathered} z = f(x) \\\\ \\ln p(x) = \\ln p(z) + \\ln\\left\\lvert\\det\\frac{\\partial f}{\\partial x}\\right\\rvert\\end{gathered}'
        }
        excerpt="chain"
      >
        A flow is a chain of layers, whose log-determinants add up.
      </Pair>
      <Pair
        tex={
          '\\begin{gathered}H \\times W \\times C \\\\ \\downarrow \\\\ \\tfrac{H}{2} \\times \\tfrac{W}{2} \\times 4C\\end{gathered}'
        }
        excerpt="squeeze"
      >
        A squeeze only moves values: ln|det| = 0.
      </Pair>
      <Pair
        tex={'\\text{step} = \\text{coupling} \\circ \\text{mixing} \\circ \\text{actnorm}'}
        excerpt="flowStep"
      >
        One flow step. The configuration names the mixing: 1x1, emerging, periodic and others.
      </Pair>
    </>
  );
}

/** The figure. */
export function Diagram() {
  const [image, setImage] = useState('cifar');
  const [wanted, setWanted] = useState(3);
  const [depth, setDepth] = useState(8);
  const { shape } = images[image]!;
  // Every level halves both sides.
  const maxLevels = [4, 3, 2].find((count) => shape.slice(0, 2).every((side) => side % 2 ** count === 0))!;
  const levels = Math.min(wanted, maxLevels);
  const modelLevels = listLevels(shape, levels, depth);
  const sum = (evaluate: (level: (typeof modelLevels)[number]) => number): number =>
    modelLevels.reduce((total, level) => total + evaluate(level), 0);
  const latents = sum(({ latent }) => latent[0] * latent[1] * latent[2]);
  return (
    <Figure
      title="From an image to latents"
      controls={
        <>
          <Choice
            label="Images"
            value={image}
            options={Object.entries(images).map(([value, { text }]) => ({ value, text }))}
            onChange={setImage}
          />
          <Slider label="Levels" value={levels} least={1} most={maxLevels} onChange={setWanted} />
          <Slider label="Flow steps per level" value={depth} least={1} most={48} onChange={setDepth} />
        </>
      }
      description={
        <>
          {counted(shape[0] * shape[1] * shape[2])} values become {counted(latents)} latents: nothing is lost.
          Sampling inverts {counted(levels * depth)} emerging convolutions in{' '}
          <span data-testid="inverse-steps">{counted(sum(({ inverseSteps }) => inverseSteps))}</span> steps by
          anti-diagonals.
        </>
      }
    >
      <ol class="how-levels">
        {modelLevels.map((level, index) => (
          // Levels are identified by their position.
          <li key={index}>
            <p class="how-level-shape">{shown(level.before)}</p>
            <div class="how-blocks" aria-hidden="true">
              <Block shape={level.before} most={shape[0]} look="how-plain" />
              →
              <Block shape={level.shape} most={shape[0]} look="how-first" />
              →
              <Block shape={level.latent} most={shape[0]} look="how-second" />
            </div>
            <p>squeeze → {shown(level.shape)}</p>
            <ul class="how-steps" aria-label={plural(depth, 'flow step')}>
              {stepParts.map(({ name, does }) => (
                <li key={name} class={name === 'emerging' ? 'how-here' : ''}>
                  <strong>{name}</strong>
                  <span class="quiet">{does}</span>
                </li>
              ))}
            </ul>
            <p class="quiet">
              {depth === 1 ? 'once' : `${depth} times`}; inverse: {plural(level.inverseSteps, 'step')}
            </p>
            <p class="how-leaves">
              {index === levels - 1 ? 'latents:' : 'split: latents'} {shown(level.latent)}
              {index < levels - 1 && '; the other half continues'}
            </p>
          </li>
        ))}
      </ol>
    </Figure>
  );
}

function shown([height, width, channels]: Shape): string {
  return `${height} × ${width} × ${channels}`;
}

interface BlockProps {
  readonly shape: readonly [height: number, width: number, channels: number];
  /** The largest height among the blocks shown together. */
  readonly most: number;
  /** The colour's class. */
  readonly look: string;
}

/** A decorative drawing: the text around it gives the shape. Depth is logarithmic in the channels. */
function Block({ shape, most: largestSide, look }: BlockProps) {
  const [height, width, channels] = shape;
  const [rows, columns] = [height, width].map((side) => 6 + (30 * side) / largestSide) as [number, number];
  const depth = 2.2 * Math.log2(2 * channels);
  const corners = (...points: (readonly [number, number])[]): string => points.map(String).join(' ');
  return (
    <svg
      class={`how-solid ${look}`}
      viewBox={`-1 -1 ${columns + depth + 2} ${rows + depth + 2}`}
      width={columns + depth + 2}
      height={rows + depth + 2}
      aria-hidden="true"
    >
      <rect x={0} y={depth} width={columns} height={rows} />
      <polygon points={corners([0, depth], [depth, 0], [columns + depth, 0], [columns, depth])} />
      <polygon
        points={corners(
          [columns, depth],
          [columns + depth, 0],
          [columns + depth, rows],
          [columns, rows + depth],
        )}
      />
    </svg>
  );
}
