// A run's training summary.
import { useText } from './fetchText.ts';

/** The summary's numbers, strings and booleans. */
export function RunSummary({ path, when }: { path: string; when: string | null }) {
  const entries = entriesOf(useText(path, 'summary.json', when));
  if (entries.length === 0) {
    return null;
  }
  return (
    <details class="run-part">
      <summary>Summary</summary>
      <dl class="run-facts">
        {entries.map(([what, value]) => (
          <div key={what}>
            <dt>{what}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

function entriesOf(text: string | undefined): (readonly [string, string])[] {
  try {
    return Object.entries<unknown>(JSON.parse(text ?? '{}')).flatMap(([what, value]) => {
      if (typeof value === 'number') {
        return [[what, value.toLocaleString('en', { maximumFractionDigits: 4 })] as const];
      }
      return typeof value === 'string' || typeof value === 'boolean' ? [[what, String(value)] as const] : [];
    });
  } catch {
    // Damaged or being written; resuming the run replaces it.
    return [];
  }
}
