// A formula rendered by KaTeX, with MathML for screen readers.
import katex from 'katex';
import { useLayoutEffect, useRef } from 'preact/hooks';
import 'katex/dist/katex.min.css';

/** An inline or display formula. */
export function Formula({ tex, block = false }: { tex: string; block?: boolean }) {
  const element = useRef<HTMLSpanElement>(null);
  useLayoutEffect(() => katex.render(tex, element.current!, { displayMode: block }), [tex, block]);
  if (!block) {
    return <span ref={element} />;
  }
  // biome-ignore lint/a11y/noNoninteractiveTabindex: makes it scrollable with the keyboard.
  return <span ref={element} class="how-formula" tabIndex={0} />;
}
