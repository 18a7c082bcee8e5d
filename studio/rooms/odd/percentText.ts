// Percentiles as text.

/** A percentile, with a decimal near 0 and 100. */
export function percentText(percentile: number): string {
  const isExtreme = (percentile > 0 && percentile < 1) || (percentile > 99 && percentile < 100);
  return `${percentile.toFixed(isExtreme ? 1 : 0)} %`;
}

/** The rank of an image among reference images, described by `words`. */
export function rankText(percentile: number, words: string): string {
  if (percentile < 0.5 || percentile > 99.5) {
    return `${percentile < 50 ? 'fewer' : 'more'} bits than nearly all ${words}`;
  }
  return `more bits than ${percentText(percentile)} of ${words}`;
}
