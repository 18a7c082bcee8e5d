// A formula beside the code that computes it.
import type { ComponentChildren } from 'preact';
import type { ExcerptName } from '../places.ts';
import { Excerpt } from './Excerpt.tsx';
import { Formula } from './Formula.tsx';

interface PairProps {
  readonly tex: string;
  readonly excerpt: ExcerptName;
  /** The meaning of the symbols. */
  readonly children?: ComponentChildren;
}

/** A formula and an excerpt, side by side on wide screens. */
export function Pair({ tex, excerpt, children }: PairProps) {
  return (
    <div class="how-pair">
      <div>
        <Formula tex={tex} block />
        {children && <p class="how-note">{children}</p>}
      </div>
      <Excerpt name={excerpt} />
    </div>
  );
}
