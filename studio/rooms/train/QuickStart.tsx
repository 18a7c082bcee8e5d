// The fastest way to a trained flow: two minutes on the included digits, alone or as a race.
import { useState } from 'preact/hooks';
import { Term } from '../../parts/Term.tsx';
import { DIGITS_COUNT } from '../../work/digits.ts';
import { digits } from './chosenPictures.ts';
import { startRuns } from './start.ts';
import { RIVAL_MIXING, trainSettings } from './trainSettings.ts';

/** The time of a run. */
const MINUTES = 2;

/** The buttons. */
export function QuickStart() {
  const [isStarting, setStarting] = useState(false);
  const start = async (rival?: string): Promise<void> => {
    setStarting(true);
    await startRuns(trainSettings(rival === undefined ? {} : { rival }), digits(), MINUTES);
    setStarting(false);
  };
  return (
    <section class="train-quick" aria-label="Train in two minutes">
      <p>
        A small flow learns {DIGITS_COUNT.toLocaleString('en')} handwritten digits. Look at its samples after
        10 seconds, after 30, and each minute: first specks, then strokes; digits need longer. Or race{' '}
        <Term of="emerging-convolution">emerging convolutions</Term> against 1x1 convolutions.
      </p>
      <div class="buttons">
        <button type="button" class="button primary" disabled={isStarting} onClick={() => start()}>
          Train in two minutes
        </button>
        <button type="button" class="button" disabled={isStarting} onClick={() => start(RIVAL_MIXING)}>
          Race in two minutes
        </button>
      </div>
    </section>
  );
}
