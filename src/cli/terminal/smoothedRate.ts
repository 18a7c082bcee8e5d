// The current rate of progress, to estimate the remaining time.

/** The time constant of the average, in seconds. */
const memorySeconds = 15;

/**
 * An exponential moving average of a rate: the weight of an observation falls by a factor of e every 15 s.
 *
 * The clock starts with the first observation, so what came before it (compiling, reading data) does not count.
 */
export class SmoothedRate {
  private lastDone: number | null = null;
  private lastSeconds = 0;
  private weightedRate = 0;
  private weight = 0;

  /** Records that `done` units were done at the time `seconds`. */
  observe(done: number, seconds: number): void {
    if (this.lastDone === null) {
      this.lastDone = done;
      this.lastSeconds = seconds;
      return;
    }
    const elapsed = seconds - this.lastSeconds;
    if (elapsed <= 0) {
      return;
    }
    const kept = Math.exp(-elapsed / memorySeconds);
    this.weightedRate = kept * this.weightedRate + (1 - kept) * ((done - this.lastDone) / elapsed);
    this.weight = kept * this.weight + (1 - kept);
    this.lastDone = done;
    this.lastSeconds = seconds;
  }

  /** Units per second; null until there are enough observations. */
  get perSecond(): number | null {
    return this.weightedRate > 0 ? this.weightedRate / this.weight : null;
  }
}
