// The offer of a tour.
import { end, isSeen, start } from './tourState.ts';
import './tour.css';

/** A line for new readers, or a button to take the tour again. */
export function TourOffer() {
  return isSeen.value ? (
    <p class="tour-offer">
      <button type="button" class="button" onClick={start}>
        Take the tour
      </button>
    </p>
  ) : (
    <p class="tour-offer">
      New here?
      <button type="button" class="button primary" onClick={start}>
        Take a tour of five stops
      </button>
      <button type="button" class="button" onClick={end}>
        Skip
      </button>
    </p>
  );
}
