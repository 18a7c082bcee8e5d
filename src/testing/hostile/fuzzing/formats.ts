// The formats that the fuzzer damages, with the commands that read them.
import type { Damage } from './damage.ts';
import { dataFormats } from './dataFormats.ts';
import { modelFormats } from './modelFormats.ts';
import { plantedFormats } from './plantedFormats.ts';
import type { Workplace } from './workplace.ts';

/** Every format, by name. */
export function formatsOf(workplace: Workplace): Readonly<Record<string, Damage>> {
  return { ...dataFormats(workplace), ...modelFormats, ...plantedFormats };
}
