// The learning rate of a variant: the one whose short run has the lowest bits/dim on validation images.
import { progressOf, searchRuns } from './runs.ts';
import type { Study } from './studies.ts';

/** The results of the search for a variant so far. */
export interface RateSearch {
  readonly tried: readonly {
    readonly rate: number;
    /** On validation images; null for a run that is not done, or failed. */
    readonly bitsPerDim: number | null;
    /** Why it failed, if it did. */
    readonly failure?: string;
  }[];
  /** Whether every rate has been tried. */
  readonly complete: boolean;
  /** Null until then, and if no run has bits/dim on validation images because all failed. */
  readonly chosen: number | null;
  /** Whether a rate outside the grid may be better: the lowest or the highest of several was chosen. */
  readonly atEdge: boolean;
}

/** The search for a variant, from its runs. */
export function rateSearch(root: string, study: Study, variant: string): RateSearch {
  const runs = searchRuns(root, study, variant);
  if (runs.length === 0) {
    return { tried: [], complete: true, chosen: study.search.rates[0]!, atEdge: false };
  }
  const progress = runs.map((run) => ({ rate: run.rate, ...progressOf(run) }));
  const complete = progress.every(({ state }) => state === 'trained' || state === 'failed');
  const tried = progress.map(({ rate, validationBitsPerDim: bitsPerDim, failure }) => ({
    rate,
    bitsPerDim,
    ...(failure !== undefined && { failure }),
  }));
  return { tried, complete, ...chooseRate(complete ? tried : []) };
}

/** The rate with the lowest bits/dim, the lower rate in a tie; null if none has a value. */
export function chooseRate(tried: readonly { rate: number; bitsPerDim: number | null }[]): {
  chosen: number | null;
  atEdge: boolean;
} {
  const byRate = [...tried].sort((a, b) => a.rate - b.rate);
  const finite = byRate.filter(({ bitsPerDim }) => bitsPerDim !== null);
  if (finite.length === 0) {
    return { chosen: null, atEdge: false };
  }
  const best = finite.reduce((least, one) => (one.bitsPerDim! < least.bitsPerDim! ? one : least));
  return { chosen: best.rate, atEdge: best === byRate[0] || best === byRate.at(-1) };
}
