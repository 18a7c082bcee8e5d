// The settings of the figure of a flow in two dimensions, kept in the address.
import { changeSettings, settings } from '../../../address.ts';
import { readSettings } from '../../../readSettings.ts';
import type { PlaneOptions } from '../../../work/plane/planeFlow.ts';
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

/** The settings in the address. */
export function planeSettings(): PlaneSettings & { readonly unreadable: readonly string[] } {
  const { unreadable, choice, read } = readSettings(settings.value);
  return {
    source: choice('points', choices.points),
    depth: Number(choice('couplings', choices.couplings)),
    width: Number(choice('width', choices.width)),
    transformer: choice('transformer', choices.transformer),
    drawing: read('drawing', decodeDrawing, []),
    unreadable,
  };
}

/** Keeps a drawing in the address. */
export function keepDrawing(drawing: Drawing): void {
  changeSettings({ drawing: encodeDrawing(drawing) });
}
