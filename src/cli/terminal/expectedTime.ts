// How long work will take on this machine, as its first parts show.

/** Timing stops after this many parts that take at least this many seconds, or after more seconds. */
const [TIMED, LEAST_SECONDS, TIMED_SECONDS] = [5, 1, 5];

/** Anything shorter is over before it is worth planning for, in seconds. */
const WORTH_TELLING = 30;

/**
 * Tells once how long the rest of some work will take.
 *
 * @param start how many units are already done
 * @returns a function to call after each part, with the units that are done, the last one, and the present time in seconds;
 *   once enough has been timed, it returns the seconds that the rest takes, if more than half a minute
 */
export function expectedTime(start = 0): (done: number, last: number, now: number) => number | undefined {
  let begin: { readonly done: number; readonly time: number } | undefined;
  let timed = 0;
  let isTold = false;
  return (done, last, now) => {
    // The first part only starts the clock: it compiles, and touches memory for the first time.
    if (begin === undefined) {
      begin = done > start ? { done, time: now } : undefined;
      return undefined;
    }
    timed++;
    const seconds = now - begin.time;
    if (
      isTold ||
      done === begin.done ||
      ((timed < TIMED || seconds < LEAST_SECONDS) && seconds < TIMED_SECONDS)
    ) {
      return undefined;
    }
    isTold = true;
    const left = (seconds / (done - begin.done)) * (last - done);
    return left > WORTH_TELLING ? left : undefined;
  };
}
