// Step 2: the reader's digit becomes noise, and returns.
import { useMemo } from 'preact/hooks';
import { fastModel, modelAddress } from '../../models.ts';
import { Notice } from '../../parts/Notice.tsx';
import { outdated } from '../../parts/outdated.ts';
import { compute } from '../../work/connections.ts';
import { useLatest } from '../../work/useLatest.ts';
import { DrawPad } from '../inside/DrawPad.tsx';
import { drawing, useDigit } from './digit.ts';
import { Film } from './Film.tsx';
import { SIDE } from './noise.ts';
import '../inside/inside.css';

/** The step. */
export function DrawStep() {
  const model = fastModel.value;
  const { digit, problem } = useDigit();
  const order = useMemo(
    () => model && digit && { model: modelAddress(model), image: digit },
    [model?.path, digit],
  );
  const passage = useLatest(order, ({ model: address, image: { pixels } }) =>
    compute('passageFromImage', { model: address, pixels }),
  );
  const recovered = passage.latest?.result.recovered;
  return (
    <>
      <p>
        The network also runs the other way. <b>Draw a digit</b>: it is scaled and centred like the training
        digits, then turns into noise, stage by stage. The noise then turns back into your digit.
      </p>
      {problem !== undefined && <Notice>{problem}</Notice>}
      {passage.problem !== undefined && <Notice>{passage.problem}</Notice>}
      <div class="explain-pair">
        <div class={drawing.value ? undefined : 'explain-undrawn'}>
          <h2>Your digit</h2>
          {model && (
            <DrawPad
              shape={[SIDE, SIDE, 1]}
              onImage={(image) => {
                drawing.value = image;
              }}
            />
          )}
        </div>
        <div {...outdated(passage.isOutdated)}>
          <h2>{drawing.value ? 'There and back' : 'A test digit'}</h2>
          {passage.latest ? (
            <Film
              passage={passage.latest.result}
              columns={1}
              name="image"
              from="image"
              origin={passage.latest.input.image}
            />
          ) : (
            <p class="explain-wait">On its way</p>
          )}
          <p class="control-note" data-testid="recovered">
            {recovered !== undefined &&
              (recovered === SIDE ** 2
                ? `All ${recovered} pixels have come back, each with its exact grey level.`
                : `${recovered} of ${SIDE ** 2} pixels have come back; the others are lost to rounding in float32.`)}
          </p>
        </div>
      </div>
    </>
  );
}
