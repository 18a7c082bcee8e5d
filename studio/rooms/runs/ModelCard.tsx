// A run's model card, as text.
import { useText } from './fetchText.ts';
import { type Block, blocksOf } from './markdown.ts';

/** The card; nothing if the run has none. */
export function ModelCard({ path, when }: { path: string; when: string | null }) {
  const text = useText(path, 'README.md', when);
  if (text === undefined) {
    return null;
  }
  return (
    <details class="run-part">
      <summary>Model card</summary>
      <div class="card">
        {blocksOf(text).map((block, index) => (
          // Blocks have no identity of their own.
          <Part key={index} block={block} />
        ))}
      </div>
    </details>
  );
}

function Part({ block }: { block: Block }) {
  switch (block.kind) {
    case 'heading':
      return <h3>{block.text}</h3>;
    case 'code':
      return <pre>{block.text}</pre>;
    case 'list':
      return (
        <ul>
          {block.items.map((item, index) => (
            <li key={index}>{item}</li>
          ))}
        </ul>
      );
    case 'table':
      return (
        <div class="card-table">
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: makes it scrollable with the keyboard. */}
          <table tabIndex={0}>
            <tbody>
              {block.rows.map((row, index) => (
                <tr key={index}>
                  {row.map((cell, column) => (
                    <td key={column}>{cell}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      );
    default:
      return <p>{block.text}</p>;
  }
}
