// The ways to dequantise images, by name.

import type { ImageShape } from '../../core/numeric/index.ts';
import { type PartChoice, PartRegistry, partName } from '../../core/parts/index.ts';
import {
  type Dequantiser,
  type DequantiserDefinition,
  noDequantiser,
  uniformDequantisation,
} from '../contract/dequantiser.ts';
import { variationalDequantisation } from '../dequantisers/variationalDequantiser.ts';
import type { ImageBoundary } from '../layers/scaledConvolution.ts';
import type { ValueOptions } from './imageValues.ts';

/** The model options of dequantisation. */
export interface DequantisationOptions {
  /** Where the noise comes from that makes pixels continuous; default `uniform`. */
  readonly dequantisation?: PartChoice;
}

/** The dequantisation of real numbers, whose likelihood is exact: there is none. */
const NONE = 'none';

/** All ways to dequantise integers by name, the default first; a bound on the likelihood is named after its noise. */
export const dequantisers = new PartRegistry<DequantiserDefinition>(
  { kind: 'dequantiser', what: 'dequantisation', key: 'model.dequantisation', reserved: [NONE] },
  [uniformDequantisation, variationalDequantisation],
);

/** The name of a way to dequantise, or `none`. */
export type DequantisationName = string;

/** The name of a model's dequantisation, after which the bound that its bits/dim report is named. */
export function dequantisationName({
  dequantisation,
  continuous,
}: DequantisationOptions & Pick<ValueOptions, 'continuous'>): DequantisationName {
  return continuous === undefined ? (partName(dequantisation) ?? dequantisers.names[0]!) : NONE;
}

/** The dequantiser for images of a shape. */
export function createDequantiser(
  shape: ImageShape,
  {
    dequantisation,
    continuous,
    bits = 8,
    boundary = 'zero',
  }: DequantisationOptions & ValueOptions & { readonly boundary?: ImageBoundary },
): Dequantiser {
  if (continuous !== undefined) {
    return noDequantiser;
  }
  const { definition, options } = dequantisers.resolve(dequantisation);
  return definition.build(shape, options, { bits, boundary });
}

/** What kind of likelihood a dequantisation gives, in words: `uniform bound`, or `exact`. */
export function boundText(name: DequantisationName): string {
  return name === NONE ? 'exact' : `${name} bound`;
}
