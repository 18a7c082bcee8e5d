// The ways to dequantise images, by name. All that the program knows of one is in its entry.

import type { ImageShape } from '../../core/numeric/index.ts';
import { type Dequantiser, noDequantiser, uniformNoise } from '../contract/dequantiser.ts';
import { variationalDequantiser } from '../dequantisers/variationalDequantiser.ts';
import type { ImageBoundary } from '../layers/scaledConvolution.ts';
import type { ValueOptions } from './imageValues.ts';

/** The model options of dequantisation. */
export interface DequantisationOptions {
  /** Where the noise comes from that makes pixels continuous; default uniform. */
  readonly dequantisation?: DequantisationName;
  /** The steps of the flow that variational noise comes from, two couplings each; default 2. */
  readonly dequantisationSteps?: number;
  /** Hidden channels of that flow's networks; default 32. */
  readonly dequantisationWidth?: number;
}

/** The definition of a way to dequantise. */
interface DequantisationDefinition {
  /** The model options that it uses. */
  readonly options: readonly Exclude<keyof DequantisationOptions, 'dequantisation'>[];
  /** The dequantiser of images of a shape. */
  dequantiser(
    shape: ImageShape,
    options: DequantisationOptions & Pick<ValueOptions, 'bits'> & { readonly boundary?: ImageBoundary },
  ): Dequantiser;
}

/**
 * The ways to dequantise, by name; a bound on the likelihood is named after its noise. Real numbers are not dequantised, and
 * their likelihood is exact.
 */
export const dequantisations = named({
  uniform: { options: [], dequantiser: (_, { bits = 8 }) => uniformNoise(bits) },
  variational: {
    options: ['dequantisationSteps', 'dequantisationWidth'],
    dequantiser: (shape, { bits, boundary, dequantisationSteps: steps, dequantisationWidth: width }) =>
      variationalDequantiser(shape, { bits, steps, width, boundary }),
  },
  none: { options: [], dequantiser: () => noDequantiser },
});

/** Definitions unchanged, typed by their names. */
function named<Name extends string>(
  definitions: Readonly<Record<Name, DequantisationDefinition>>,
): Readonly<Record<Name, DequantisationDefinition>> {
  return definitions;
}

/** The name of a way to dequantise. */
export type DequantisationName = keyof typeof dequantisations;

/** The names of those that integers can have, the default first. */
export const dequantisationNames = (Object.keys(dequantisations) as DequantisationName[]).filter(
  (name) => name !== 'none',
);

/** The name of a model's dequantisation, after which the bound that its bits/dim report is named. */
export function dequantisationOf({
  dequantisation = 'uniform',
  continuous,
}: DequantisationOptions & Pick<ValueOptions, 'continuous'>): DequantisationName {
  return continuous === undefined ? dequantisation : 'none';
}

/** What kind of likelihood a dequantisation gives, in words: `uniform bound`, or `exact`. */
export function boundText(name: DequantisationName): string {
  return name === 'none' ? 'exact' : `${name} bound`;
}
