// Step 4: why a blank image is likely and yet odd.
import { useMemo } from 'preact/hooks';
import { changeSettings, linkTo, settings } from '../../address.ts';
import { fastModel, modelAddress } from '../../models.ts';
import { counted, decimal } from '../../numbers.ts';
import { Notice } from '../../parts/Notice.tsx';
import { outdated } from '../../parts/outdated.ts';
import { Picture } from '../../parts/Picture.tsx';
import { Slider } from '../../parts/Slider.tsx';
import { compute } from '../../work/connections.ts';
import { measured } from '../../work/constants.ts';
import type { Images } from '../../work/models.ts';
import { useLatest } from '../../work/useLatest.ts';
import { useWork } from '../../work/useWork.ts';
import { Histogram } from '../odd/Histogram.tsx';
import '../odd/odd.css';
import { useDigit } from './digit.ts';
import { storySettings } from './storySettings.ts';

/** The step. */
export function FoolStep() {
  const model = fastModel.value;
  const { digit, problem } = useDigit();
  const { rubbed } = storySettings(settings.value);
  const reference = useWork(
    model && ((waiting) => compute('reference', { model: modelAddress(model) }, waiting)),
    [model?.path],
  );
  const image = useMemo(() => digit && rub(digit, rubbed), [digit, rubbed]);
  const order = useMemo(() => model && image && { model: modelAddress(model), image }, [model?.path, image]);
  const measuring = useLatest(order, ({ model: address, image: { pixels } }) =>
    compute('measure', { model: address, pixels, ...measured }),
  );
  const cost = measuring.latest?.result[0];
  const real = reference.result?.statistics.bits;
  const values = useMemo(() => (cost === undefined ? [] : [cost]), [cost]);
  return (
    <>
      <p>
        Can an image be more likely than every real digit? Yes, easily.{' '}
        <b>Drag the slider to rub the digit out</b>, and watch the line move to the left, to fewer bits.
      </p>
      {[problem, reference.problem, measuring.problem].map(
        (text) => text !== undefined && <Notice key={text}>{text}</Notice>,
      )}
      <div class="explain-pair explain-fool">
        <div class="framed">
          {image && <Picture image={image} label="The digit, partly rubbed out" />}
          <Slider
            label="Rubbed out"
            value={rubbed}
            most={100}
            step={2}
            shown={`${rubbed} %`}
            ends={['digit', 'blank']}
            onChange={(value) => changeSettings({ rubbed: String(value) })}
          />
        </div>
        <div aria-live="polite" {...outdated(measuring.isOutdated)}>
          {cost === undefined || real === undefined ? (
            <p class="quiet">Measuring the digit, and real ones.</p>
          ) : (
            <>
              <Histogram name="bits/dim" values={values} reference={real} chosen={0} least={0}>
                Bars: the bits/dim of {counted(real.length)} real digits, the likeliest on the left. Line:
                this image.
              </Histogram>
              <dl class="explain-verdict">
                <div>
                  <dt>Is it likely?</dt>
                  <dd>
                    {decimal(cost)} bits/dim: likelier than{' '}
                    {counted(real.filter((value) => value > cost).length)} of {counted(real.length)} real
                    digits.
                  </dd>
                </div>
                <div>
                  <dt>Is it typical?</dt>
                  <dd data-testid="typical">{describeTypicality(cost, real)}</dd>
                </div>
              </dl>
            </>
          )}
        </div>
      </div>
      <p>
        How can the likeliest image be odd? Suppose that a die coloured each of the 784 pixels: white for a
        six, otherwise black. The likeliest picture is all black. Yet you would never throw it: it is only one
        picture, and countless others have about 131 white pixels. Each of those is less likely, but together
        they are almost certain. In the same way, the blank image is likelier than any digit, and yet no digit
        is blank. <a href={linkTo('odd')}>Odd</a> finds unusual images.
      </p>
    </>
  );
}

/** Whether an image has about as many bits as real ones: how many of these are as far out on its side. */
function describeTypicality(cost: number, real: readonly number[]): string {
  const asFew = real.filter((value) => value <= cost).length;
  const asMany = real.filter((value) => value >= cost).length;
  const count = Math.min(asFew, asMany);
  const verdict =
    count === 0
      ? 'No, it is odd: none'
      : `${count > 0.1 * real.length ? 'Yes:' : 'Hardly: only'} ${counted(count)}`;
  return `${verdict} of ${counted(real.length)} real digits need${count <= 1 ? 's' : ''} this ${asFew <= asMany ? 'few bits or fewer' : 'many bits or more'}.`;
}

/** Rubs an image out from below: 0 leaves it, 100 is black. */
function rub({ pixels, shape }: Images, rubbed: number): Images {
  const kept = Math.round(shape[0] * (1 - rubbed / 100)) * shape[1];
  return { shape, pixels: pixels.map((level, index) => (index < kept ? level : 0)) };
}
