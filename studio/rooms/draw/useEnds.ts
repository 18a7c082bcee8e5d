// The two ends of an interpolation: the chosen images, and which end is chosen next.
import { useEffect, useState } from 'preact/hooks';
import type { Images } from '../../work/models.ts';

/** The ends' names. */
export const endNames = ['A', 'B'] as const;

/** An image at an end, and the sheet it was chosen from; it stays when the sheet changes. */
export interface End {
  readonly image: Images;
  readonly of: Images;
  readonly index: number;
}

/** The ends of an interpolation. */
export interface Ends {
  readonly chosen: readonly [End | undefined, End | undefined];
  /** The end that the next click on the sheet sets; undefined if it opens the image instead. */
  readonly wanted: 0 | 1 | undefined;
  choose(endIndex: 0 | 1, end: End): void;
  chooseBoth(ends: readonly End[]): void;
  /** Sets `wanted`. */
  want(endIndex: 0 | 1 | undefined): void;
}

/** The ends' state; cleared when the model changes, since its images may have another size. */
export function useEnds(model: string | undefined): Ends {
  const [chosen, setChosen] = useState<Ends['chosen']>([undefined, undefined]);
  const [wanted, want] = useState<0 | 1>();
  useEffect(() => {
    setChosen([undefined, undefined]);
    want(undefined);
  }, [model]);
  return {
    chosen,
    wanted,
    choose(endIndex, end) {
      const next: Ends['chosen'] = endIndex === 0 ? [end, chosen[1]] : [chosen[0], end];
      setChosen(next);
      // Ask for the other end until both are set.
      want(next[0] === undefined ? 0 : next[1] === undefined ? 1 : undefined);
    },
    chooseBoth([from, to]) {
      setChosen([from, to]);
      want(undefined);
    },
    want,
  };
}
