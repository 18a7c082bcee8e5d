// The settings of the figure of a flow in two dimensions, kept in the address.
import { changeSettings, settings } from '../../../address.ts';
import type { PlaneOptions, TransformerName } from '../../../work/plane/planeFlow.ts';
import { type DistributionName, type Drawing, distributions, drawingOf, textOf } from './distributions.ts';

/** The choices of each setting; the first is the default. */
export const choices = {
  points: [...(Object.keys(distributions) as DistributionName[]), 'drawn'],
  couplings: ['8', '2', '4', '6', '12'],
  width: ['32', '8', '16', '64'],
  transformer: ['affine', 'additive', 'mixture', 'spline'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** The settings. */
export interface PlaneSettings extends PlaneOptions {
  readonly source: DistributionName | 'drawn';
  readonly drawing: Drawing;
}

/** The settings in the address; what it doesn't say, or says wrongly, has its default. */
export function planeSettings(): PlaneSettings {
  const of = <Name extends keyof typeof choices>(name: Name): (typeof choices)[Name][number] => {
    const known: readonly string[] = choices[name];
    const value = settings.value[name];
    return (
      value !== undefined && known.includes(value) ? value : known[0]
    ) as (typeof choices)[Name][number];
  };
  return {
    source: of('points') as DistributionName | 'drawn',
    depth: Number(of('couplings')),
    width: Number(of('width')),
    transformer: of('transformer') as TransformerName,
    drawing: drawingOf(settings.value.drawing ?? '') ?? [],
  };
}

/** Replaces settings in the address that don't exist by the defaults. */
export function correctSettings(): void {
  const wrong = Object.entries(choices).filter(([name, known]) => {
    const value = settings.value[name];
    return value !== undefined && !(known as readonly string[]).includes(value);
  });
  const corrected = Object.fromEntries(wrong.map(([name, known]) => [name, known[0]!]));
  const { drawing = '' } = settings.value;
  if (wrong.length > 0 || drawingOf(drawing) === undefined) {
    changeSettings({ ...corrected, ...(drawingOf(drawing) === undefined && { drawing: '' }) });
  }
}

/** Keeps a drawing in the address. */
export function keepDrawing(drawing: Drawing): void {
  changeSettings({ drawing: textOf(drawing) });
}
