// What the room looks into, as its address says it.
import type { Settings } from '../../address.ts';
import type { Precision } from '../../work/insideTasks.ts';

/** The sample that is looked into, and the precision. */
export interface InsideSettings {
  readonly seed: number;
  readonly precision: Precision;
}

/** The settings in an address; what is missing or impossible there is as usual. */
export function insideSettings({ seed = '', precision }: Settings): InsideSettings {
  return {
    seed: seedIn(seed) ?? 0,
    precision: precision === 'float64' ? 'float64' : 'float32',
  };
}

/** A seed that was typed; undefined while it is none. */
export function seedIn(text: string): number | undefined {
  const seed = Number(text);
  return text.trim() !== '' && Number.isSafeInteger(seed) && seed >= 0 ? seed : undefined;
}
