// The settings of the figure of a flow in two dimensions, kept in the address.
import { changeSettings, settings } from '../../../address.ts';
import type { PlaneOptions, TransformerName } from '../../../work/plane/planeFlow.ts';
import {
  type DistributionName,
  type Drawing,
  decodeDrawing,
  distributions,
  encodeDrawing,
} from './distributions.ts';

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
  const chosenOrFirst = <Name extends keyof typeof choices>(name: Name): (typeof choices)[Name][number] => {
    const allowed: readonly string[] = choices[name];
    const value = settings.value[name];
    return (
      value !== undefined && allowed.includes(value) ? value : allowed[0]
    ) as (typeof choices)[Name][number];
  };
  return {
    source: chosenOrFirst('points') as DistributionName | 'drawn',
    depth: Number(chosenOrFirst('couplings')),
    width: Number(chosenOrFirst('width')),
    transformer: chosenOrFirst('transformer') as TransformerName,
    drawing: decodeDrawing(settings.value.drawing ?? '') ?? [],
  };
}

/** Replaces settings in the address that don't exist by the defaults. */
export function correctSettings(): void {
  const wrong = Object.entries(choices).filter(([name, allowed]) => {
    const value = settings.value[name];
    return value !== undefined && !(allowed as readonly string[]).includes(value);
  });
  const corrected = Object.fromEntries(wrong.map(([name, allowed]) => [name, allowed[0]!]));
  const { drawing = '' } = settings.value;
  if (wrong.length > 0 || decodeDrawing(drawing) === undefined) {
    changeSettings({ ...corrected, ...(decodeDrawing(drawing) === undefined && { drawing: '' }) });
  }
}

/** Keeps a drawing in the address. */
export function keepDrawing(drawing: Drawing): void {
  changeSettings({ drawing: encodeDrawing(drawing) });
}
