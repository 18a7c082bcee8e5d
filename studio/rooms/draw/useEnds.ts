// The two ends of a walk: which are chosen, and which one is wanted next.
import { useEffect, useState } from 'preact/hooks';
import type { Images } from '../../work/tasks.ts';

/** What the ends are called. */
export const endNames = ['A', 'B'] as const;

/** An image at an end, and where it was chosen. It stays when another sheet is drawn. */
export interface End {
  readonly image: Images;
  readonly of: Images;
  readonly index: number;
}

/** The ends of a walk. */
export interface Ends {
  readonly chosen: readonly [End | undefined, End | undefined];
  /** The end that the next image of the sheet becomes; undefined if it is opened instead. */
  readonly wanted: 0 | 1 | undefined;
  choose(which: 0 | 1, end: End): void;
  chooseBoth(ends: readonly End[]): void;
  /** Wants an end, or none any more. */
  want(which: 0 | 1 | undefined): void;
}

/** No ends at first, and when the model is another: its images need not have the same size. */
export function useEnds(model: string | undefined): Ends {
  const [chosen, setChosen] = useState<Ends['chosen']>([undefined, undefined]);
  const [wanted, want] = useState<0 | 1>();
  // Only another model changes them.
  useEffect(() => {
    setChosen([undefined, undefined]);
    want(undefined);
  }, [model]);
  return {
    chosen,
    wanted,
    choose(which, end) {
      const next: Ends['chosen'] = which === 0 ? [end, chosen[1]] : [chosen[0], end];
      setChosen(next);
      // The other one is wanted next, until there are two.
      want(next[0] === undefined ? 0 : next[1] === undefined ? 1 : undefined);
    },
    chooseBoth([from, to]) {
      setChosen([from, to]);
      want(undefined);
    },
    want,
  };
}
