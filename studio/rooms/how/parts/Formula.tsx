// A formula, set by KaTeX; screen readers are given its MathML.
import katex from 'katex';
import { useLayoutEffect, useRef } from 'preact/hooks';
import 'katex/dist/katex.min.css';

/** A formula in the text, or in a line of its own. */
export function Formula({ tex, block = false }: { tex: string; block?: boolean }) {
  const place = useRef<HTMLSpanElement>(null);
  useLayoutEffect(() => katex.render(tex, place.current!, { displayMode: block }), [tex, block]);
  return <span ref={place} class={block ? 'how-formula' : undefined} />;
}
