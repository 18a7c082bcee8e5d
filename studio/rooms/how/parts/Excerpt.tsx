// An excerpt of the library's sources.
import excerpts from 'virtual:excerpts';
import type { ExcerptName } from '../places.ts';

/** An excerpt below its file name; long lines scroll, also with the keyboard. */
export function Excerpt({ name }: { name: ExcerptName }) {
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
