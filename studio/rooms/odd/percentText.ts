// Percentiles as they are written.

/** A percentile: with a digit after the point where it matters. */
export function percentText(percentile: number): string {
  const isExtreme = (percentile > 0 && percentile < 1) || (percentile > 99 && percentile < 100);
  return `${percentile.toFixed(isExtreme ? 1 : 0)} %`;
}
