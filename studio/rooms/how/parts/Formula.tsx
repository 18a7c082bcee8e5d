// A formula rendered by KaTeX, with MathML for screen readers.
import katex from 'katex';
import { useLayoutEffect, useRef } from 'preact/hooks';
import 'katex/dist/katex.min.css';

/** An inline or display formula. */
export function Formula({ tex, block = false }: { tex: string; block?: boolean }) {
  const element = useRef<HTMLSpanElement>(null);
  useLayoutEffect(() => katex.render(tex, element.current!, { displayMode: block }), [tex, block]);
  return <span ref={element} class={block ? 'how-formula' : undefined} />;
}
