// Lines of the library's sources.
import excerpts from 'virtual:excerpts';
import type { ExcerptName } from '../places.ts';

/** An excerpt under the name of its file. Long lines are scrolled, with the keyboard too. */
export function Excerpt({ name }: { name: ExcerptName }) {
  const { file, code } = excerpts[name];
  return (
    <figure class="how-excerpt">
      <figcaption>{file}</figcaption>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be reached with the keyboard. */}
      <pre tabIndex={0}>
        <code>{code}</code>
      </pre>
    </figure>
  );
}
