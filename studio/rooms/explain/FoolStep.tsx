// Step 4: why a blank image is likely and yet odd.
import { useMemo, useState } from 'preact/hooks';
import { linkTo } from '../../address.ts';
import { fastModel, modelAddress } from '../../models.ts';
import { counted, decimal } from '../../numbers.ts';
import { Notice } from '../../parts/Notice.tsx';
import { outdated } from '../../parts/outdated.ts';
import { Picture } from '../../parts/Picture.tsx';
import { Slider } from '../../parts/Slider.tsx';
import { compute } from '../../work/connections.ts';
import type { Images } from '../../work/models.ts';
import { useLatest } from '../../work/useLatest.ts';
import { useWork } from '../../work/useWork.ts';
import { Histogram } from '../odd/Histogram.tsx';
import '../odd/odd.css';
import { pText } from '../odd/oddText.ts';
import { useDigit } from './digit.ts';

/** The step. */
export function FoolStep() {
  const model = fastModel.value;
  const { digit, problem } = useDigit();
  const [rubbed, setRubbed] = useState(0);
  const reference = useWork(
    model && ((waiting) => compute('reference', { model: modelAddress(model) }, waiting)),
    [model?.path],
  );
  const image = useMemo(() => digit && rub(digit, rubbed), [digit, rubbed]);
  const scores = reference.result;
  const order = useMemo(
    () => model && image && scores && { model: modelAddress(model), image, scores },
    [model?.path, image, scores],
  );
  const rating = useLatest(order, ({ model: address, image: { pixels }, scores: known }) =>
    compute('rate', { model: address, pixels, reference: known }),
  );
  const cost = rating.latest?.result.bits[0];
  const p = rating.latest?.result.byScore.typicality?.pValues?.[0];
  const real = scores?.statistics.bits ?? [];
  const dearer = cost === undefined ? 0 : real.filter((value) => value > cost).length;
  const values = useMemo(() => (cost === undefined ? [] : [cost]), [cost]);
  return (
    <>
      <p>
        Can an image be more likely than every real digit? Yes, and it is easy. <b>Rub the digit out</b>, and
        watch the line move to the left, to fewer bits.
      </p>
      {[problem, reference.problem, rating.problem].map(
        (text) => text !== undefined && <Notice key={text}>{text}</Notice>,
      )}
      <div class="explain-pair explain-fool">
        <div>
          {image && <Picture image={image} label="The digit, partly rubbed out" />}
          <Slider
            label="Rubbed out"
            value={rubbed}
            least={0}
            most={100}
            step={2}
            shown={`${rubbed} %`}
            ends={['digit', 'blank']}
            onChange={setRubbed}
          />
        </div>
        <div aria-live="polite" {...outdated(rating.isOutdated)}>
          {cost === undefined ? (
            <p class="quiet">Measuring the digit, and real ones.</p>
          ) : (
            <>
              <Histogram name="bits/dim" values={values} reference={real} chosen={0} />
              <dl class="explain-verdict">
                <div>
                  <dt>Is it likely?</dt>
                  <dd>
                    {decimal(cost)} bits/dim: likelier than {counted(dearer)} of {counted(real.length)} real
                    digits.
                  </dd>
                </div>
                <div>
                  <dt>Is it typical?</dt>
                  <dd data-testid="typical">
                    {p === undefined
                      ? 'Unknown.'
                      : p <= 0.01
                        ? `No, it is odd (${pText(p)}): hardly any real digit is so unusual.`
                        : p <= 0.1
                          ? `Hardly (${pText(p)}).`
                          : `Yes (${pText(p)}): many real digits are as unusual.`}
                  </dd>
                </div>
              </dl>
            </>
          )}
        </div>
      </div>
      <p>
        How can the likeliest image be odd? Toss a bent coin 784 times, one that shows heads nine times in
        ten. The likeliest sequence is all heads. Yet you will never see it: it is only one sequence, and
        countless ones have about 78 tails. Each of those is less likely, but together they are almost
        certain. The blank image is like all heads, and real digits are like the others.{' '}
        <a href={linkTo('odd')}>Odd</a> finds unusual images this way.
      </p>
    </>
  );
}

/** Rubs an image out from below: 0 leaves it, 100 is black. */
function rub({ pixels, shape }: Images, rubbed: number): Images {
  const kept = Math.round(shape[0] * (1 - rubbed / 100)) * shape[1];
  return { shape, pixels: pixels.map((level, index) => (index < kept ? level : 0)) };
}
