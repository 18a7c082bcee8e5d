// Normalizing flows: an image to noise and back, with the chosen model.
import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { linkTo } from '../../../address.ts';
import {
  chosenModel,
  chosenPath,
  modelAddress,
  modelKey,
  models,
  modelsProblem,
  openModels,
} from '../../../models.ts';
import { counted, decimal } from '../../../numbers.ts';
import { Notice } from '../../../parts/Notice.tsx';
import { outdated } from '../../../parts/outdated.ts';
import { isVisible, Picture, unsupportedChannels } from '../../../parts/Picture.tsx';
import { Slider } from '../../../parts/Slider.tsx';
import { Working } from '../../../parts/Working.tsx';
import { compute } from '../../../work/connections.ts';
import { useWork } from '../../../work/useWork.ts';
import { Figure, Panel } from '../parts/Figure.tsx';
import { PixelGrid } from '../parts/PixelGrid.tsx';
import { Source } from '../parts/Source.tsx';

/** Below 1, because small models' samples fall apart at 1. */
const TEMPERATURE = 0.7;

/** The section. */
export function Flow() {
  return (
    <>
      <ImageAndNoise />
      <p>
        An image of 28&nbsp;×&nbsp;28 pixels is a point with 784 coordinates. The flow sends it to a point of
        noise as large, and back without losing anything. The same rule gives its density: that of its noise
        z, times the expansion of volume around the image x.
      </p>
      <p class="how-equation">ln p(x) = ln p(z) + ln&#8202;|det ∂z/∂x|</p>
      <p>
        So all of a flow’s layers need two things: an inverse and a determinant, both cheap (
        <Source of="flows">Papamakarios and others, 2021</Source>). See{' '}
        <a href={linkTo('inside')}>one digit’s way to its noise</a>, stage by stage.
      </p>
    </>
  );
}

/** The figure. */
export function ImageAndNoise() {
  const container = useRef<HTMLDivElement>(null);
  const isSeen = useSeen(container);
  useEffect(() => {
    if (isSeen) {
      openModels();
    }
  }, [isSeen]);
  const offered = chosenModel.value;
  const model = offered?.problem === null ? offered : undefined;
  const problem =
    modelsProblem.value ??
    (models.value && offered === undefined
      ? chosenPath.value === undefined
        ? 'No models found.'
        : `Model “${chosenPath.value}” not found.`
      : offered?.problem);
  const [seed, setSeed] = useState(3);
  const [noise, setNoise] = useState(0);
  const trip = useWork(
    model && isSeen
      ? (waiting) =>
          compute(
            'imageAndNoise',
            { model: modelAddress(model), seed, temperature: TEMPERATURE, noise },
            waiting,
          )
      : undefined,
    [model && modelKey(model), isSeen, seed, noise],
  );
  const { result } = trip;
  return (
    <Figure
      title="An image to noise and back"
      controls={
        <>
          <Slider
            label="Share of other noise"
            value={noise}
            most={1}
            step={0.05}
            shown={`${Math.round(100 * noise)} %`}
            ends={['none', 'all']}
            onChange={setNoise}
          />
          <button type="button" class="button" onClick={() => setSeed(seed + 1)}>
            New image
          </button>
        </>
      }
      description={
        result ? (
          <>
            The {counted(result.latents.reduce((sum, { values }) => sum + values.length, 0))} latents of the
            image have mean {decimal(result.mean)} and standard deviation {decimal(result.deviation)} (the
            prior’s is 1; the image was sampled at temperature {TEMPERATURE}, and its pixels are dequantised
            at the middle of their grey levels). The image has {decimal(result.bitsPerDim)} bits/dim.{' '}
            {noise === 0
              ? `Decoding its own noise recovers ${counted(result.equal)} of ${counted(result.back.pixels.length)} values.`
              : 'Decoding with other noise mixed in gives another image.'}
          </>
        ) : (
          problem == null && 'Loading the model.'
        )
      }
    >
      {problem != null && <Notice>{problem}</Notice>}
      {result && !isVisible(result.image) && <Notice>{unsupportedChannels(result.image)}</Notice>}
      <div class="how-trip" ref={container} {...outdated(trip.isOutdated)}>
        <Panel title="image x">
          {result && isVisible(result.image) ? <Picture image={result.image} label="Image" /> : <Blank />}
        </Panel>
        <span class="how-sign" aria-hidden="true">
          →
        </span>
        <Panel title="noise z = f(x)">{result ? <Latents latents={result.latents} /> : <Blank />}</Panel>
        <span class="how-sign" aria-hidden="true">
          →
        </span>
        <Panel title="decoded f⁻¹(z)">
          {result && isVisible(result.back) ? (
            <Picture image={result.back} label="Decoded image" />
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

/** All latents as one square, from the first split to the top. */
function Latents({ latents }: LatentsProps) {
  const values = latents.flatMap((latent) => [...latent.values]);
  const width = Math.ceil(Math.sqrt(values.length));
  return (
    <PixelGrid
      height={Math.ceil(values.length / width)}
      width={width}
      label={`${values.length} latents`}
      look={(index) =>
        index < values.length
          ? {
              class: values[index]! > 0 ? 'how-first' : 'how-second',
              opacity: Math.min(1, Math.abs(values[index]!) / 2.5),
            }
          : { class: 'how-empty' }
      }
    />
  );
}

/** Whether an element is in the window or less than half its height away, or has been. */
function useSeen(element: RefObject<Element | null>): boolean {
  const [isSeen, setSeen] = useState(false);
  useEffect(() => {
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some(({ isIntersecting }) => isIntersecting)) {
          observer.disconnect();
          setSeen(true);
        }
      },
      { rootMargin: '50%' },
    );
    observer.observe(element.current!);
    return () => observer.disconnect();
  }, [element]);
  return isSeen;
}
