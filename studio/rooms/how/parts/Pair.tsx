// A formula next to the code that computes it.
import excerpts from 'virtual:excerpts';
import type { ComponentChildren } from 'preact';
import type { ExcerptName } from '../places.ts';
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

/** An excerpt below its file name; long lines scroll, also with the keyboard. */
function Excerpt({ name }: { name: ExcerptName }) {
  const { file, code } = excerpts[name];
  return (
    <figure class="how-excerpt">
      <figcaption>{file}</figcaption>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: makes it scrollable with the keyboard. */}
      <pre tabIndex={0}>
        <code>{code}</code>
      </pre>
    </figure>
  );
}
