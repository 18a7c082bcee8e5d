// Why files were skipped, as lines: files skipped for the same reason share one.
import { curlyApostrophes } from '../apostrophes.ts';
import type { Refused } from '../work/readTasks.ts';

/** How many other files of a line are named. */
const NAMED = 3;

/** `a.png is 48x48, …: choose “…”. The same for b.png, c.png, d.png and 8 more.` */
export function refusedLines(refused: readonly Refused[]): string[] {
  const groups = new Map<string, Refused[]>();
  for (const file of refused) {
    const why = file.reason.replaceAll(file.name, '');
    groups.set(why, [...(groups.get(why) ?? []), file]);
  }
  return [...groups.values()].map(([first, ...others]) => {
    const more = others.length - NAMED;
    const names = others.slice(0, NAMED).map(({ name }) => name);
    const reason = curlyApostrophes(first!.reason);
    return others.length === 0
      ? reason
      : `${reason} The same for ${names.join(', ')}${more > 0 ? ` and ${more.toLocaleString('en')} more` : ''}.`;
  });
}
