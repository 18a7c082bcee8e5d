// What a normalizing flow is: an image to noise and back, by the chosen model.
import { useState } from 'preact/hooks';
import { addressOf, chosenModel } from '../../../models.ts';
import { Notice } from '../../../parts/Notice.tsx';
import { isVisible, Picture } from '../../../parts/Picture.tsx';
import { Slider } from '../../../parts/Slider.tsx';
import { Working } from '../../../parts/Working.tsx';
import { compute } from '../../../work/compute.ts';
import { useWork } from '../../../work/useWork.ts';
import { Figure, Panel } from '../parts/Figure.tsx';
import { Pair } from '../parts/Pair.tsx';
import { PixelGrid } from '../parts/PixelGrid.tsx';
import { Source } from '../parts/Source.tsx';
import { counted, decimal } from '../parts/text.ts';

/** At 1 the samples of small models fall apart. */
const TEMPERATURE = 0.7;

/** The section. */
export function Flow() {
  return (
    <>
      <p>
        A normalizing flow is an invertible function that turns images into noise. Run backwards, it turns
        noise into images. Because the function can be inverted, the probability density of an image is known
        exactly: it is the density of its noise, times the factor by which the function stretches the space
        around the image. That factor is the absolute determinant of the Jacobian, and this page is about
        functions whose inverse and determinant are both cheap (
        <Source of="flows">Papamakarios and others, 2021</Source>, give an overview).
      </p>
      <ImageAndNoise />
      <Pair
        tex={
          '\\begin{gathered} z = f(x) \\\\ \\ln p(x) = \\ln p(z) + \\ln\\left\\lvert\\det\\frac{\\partial f}{\\partial x}\\right\\rvert\\end{gathered}'
        }
        excerpt="chain"
      >
        A flow is a chain of layers: images pass through one after the other, and the logarithms of the
        determinants add up.
      </Pair>
    </>
  );
}

/** Its figure. */
export function ImageAndNoise() {
  const offered = chosenModel.value;
  const model = offered?.problem === null ? offered : undefined;
  const [seed, setSeed] = useState(3);
  const [noise, setNoise] = useState(0);
  const trip = useWork(
    model &&
      ((waiting) =>
        compute(
          'imageAndNoise',
          { model: addressOf(model), seed, temperature: TEMPERATURE, noise },
          waiting,
        )),
    [model?.path, seed, noise],
  );
  const { result } = trip;
  return (
    <Figure
      title="An image, its noise, and back"
      controls={
        <>
          <Slider
            label="Other noise mixed in"
            value={noise}
            least={0}
            most={1}
            step={0.05}
            shown={`${Math.round(100 * noise)} %`}
            ends={['its own', 'all new']}
            onChange={setNoise}
          />
          <button type="button" class="button" onClick={() => setSeed(seed + 1)}>
            Another image
          </button>
        </>
      }
      description={
        result ? (
          <>
            The {counted(result.latents.reduce((sum, { values }) => sum + values.length, 0))} latents of the
            image have mean {decimal(result.mean)} and standard deviation {decimal(result.deviation)} (noise
            has 1; this image was drawn at temperature {TEMPERATURE}, and each of its pixels is taken at the
            middle of its grey level). The image costs {decimal(result.bitsPerDim)} bits/dim.{' '}
            {noise === 0
              ? `Back from its own noise, ${counted(result.equal)} of ${counted(result.back.pixels.length)} values are the same.`
              : 'With other noise mixed in, another image comes back.'}
          </>
        ) : (
          'The model is being loaded.'
        )
      }
    >
      {offered && offered.problem !== null && <Notice>{offered.problem}</Notice>}
      {result && !isVisible(result.image) && (
        <Notice>Images with {result.image.shape[2]} channels cannot be shown: a screen shows 1 or 3.</Notice>
      )}
      <div class="how-trip">
        <Panel title="an image x">
          {result && isVisible(result.image) ? <Picture image={result.image} label="The image" /> : <Blank />}
        </Panel>
        <span class="how-sign" aria-hidden="true">
          →
        </span>
        <Panel title="its noise z = f(x)">{result ? <Latents latents={result.latents} /> : <Blank />}</Panel>
        <span class="how-sign" aria-hidden="true">
          →
        </span>
        <Panel title="back: f⁻¹(z)">
          {result && isVisible(result.back) ? (
            <Picture image={result.back} label="The image that comes back" />
          ) : (
            <Blank />
          )}
        </Panel>
      </div>
      <Working work={trip} />
    </Figure>
  );
}

function Blank() {
  return <div class="how-blank" aria-hidden="true" />;
}

interface LatentsProps {
  readonly latents: readonly { readonly shape: readonly number[]; readonly values: Float32Array }[];
}

/** All latents as one square of values, from those of the first split to those of the top. */
function Latents({ latents }: LatentsProps) {
  const values = latents.flatMap((latent) => [...latent.values]);
  const width = Math.ceil(Math.sqrt(values.length));
  return (
    <PixelGrid
      height={Math.ceil(values.length / width)}
      width={width}
      label={`Its ${values.length} latents`}
      look={(place) =>
        place < values.length
          ? {
              class: values[place]! > 0 ? 'how-first' : 'how-second',
              opacity: Math.min(1, Math.abs(values[place]!) / 2.5),
            }
          : { class: 'how-empty' }
      }
    />
  );
}
