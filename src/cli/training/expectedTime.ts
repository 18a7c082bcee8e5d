// How long a training will take on this machine, as its first steps show.
import { formatCounted, formatDuration } from '../terminal/format.ts';

/** The steps that are timed. The one before them starts the clock: it touches memory for the first time. */
const TIMED = 5;

/** Anything shorter is over before it is worth planning for, in seconds. */
const WORTH_TELLING = 60;

/**
 * Tells once how long the steps up to `last` will take.
 *
 * @returns what to call after each step, with its number and the present time in milliseconds: a sentence, the one time that
 *   enough steps have been timed and the rest takes more than a minute
 */
export function expectedTime(last: number): (step: number, now: number) => string | undefined {
  let begin: { readonly step: number; readonly time: number } | undefined;
  return (step, now) => {
    begin ??= { step, time: now };
    if (step - begin.step !== TIMED) {
      return undefined;
    }
    const perStep = (now - begin.time) / 1000 / TIMED;
    const left = perStep * (last - step);
    return left > WORTH_TELLING
      ? `training takes about ${formatDuration(left)} on this machine, as it is loaded now: ` +
          `${formatCounted(last - step, 'more step')} of ${formatDuration(perStep)}`
      : undefined;
  };
}
