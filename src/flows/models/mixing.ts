// The mixings of channels and pixels between couplings, by name.

import { type ImageShape, showImageShape } from '../../core/numeric/index.ts';
import { type PartChoice, PartRegistry } from '../../core/parts/index.ts';
import type { Bijection } from '../contract/bijection.ts';
import type { MixingDefinition } from '../contract/mixing.ts';
import { butterflyMixing } from '../layers/butterfly.ts';
import { circulantMixing } from '../layers/circulant.ts';
import { conv1x1Mixing, conv1x1PluMixing, conv1x1QrMixing } from '../layers/conv1x1.ts';
import { convexpMixing } from '../layers/convolutionExponential.ts';
import { emergingMixing } from '../layers/emerging.ts';
import { fincMixing } from '../layers/fourCorners.ts';
import { mafMixing } from '../layers/maf.ts';
import { periodicMixing } from '../layers/periodic.ts';
import { reverseMixing, shuffleMixing } from '../layers/permutation.ts';
import { woodburyMeMixing, woodburyMixing } from '../layers/woodbury.ts';

/** The library's mixings, in list order. A mixing is named after its last layer. */
const library = [
  conv1x1Mixing,
  conv1x1PluMixing,
  conv1x1QrMixing,
  emergingMixing,
  periodicMixing,
  mafMixing,
  convexpMixing,
  fincMixing,
  woodburyMixing,
  woodburyMeMixing,
  circulantMixing,
  butterflyMixing,
  reverseMixing,
  shuffleMixing,
] as const;

/** The name of one of the library's mixings. */
export type Mixing = (typeof library)[number]['name'];

/** All mixings, with those that users register. */
export const mixings = new PartRegistry<MixingDefinition>(
  { kind: 'mixing', what: 'mixing', key: 'model.mixing' },
  library,
);

/** The names of the library's mixings, in list order. */
export const mixingNames = mixings.names as readonly Mixing[];

/** The label of a mixing in menus. */
export function mixingText({ text, name }: MixingDefinition): string {
  return text ?? name;
}

/**
 * The layers of a mixing for images of a shape.
 *
 * @throws UserError if the mixing is unknown, or has other options
 */
export function layersOfMixing(choice: PartChoice, shape: ImageShape): Readonly<Record<string, Bijection>> {
  const { definition, options } = mixings.resolve(choice);
  const { name } = definition;
  const layers = definition.build(shape, options);
  const problem = mixings.isOfLibrary(name) ? undefined : problemOfLayers(layers, shape);
  if (problem !== undefined) {
    throw new Error(`mixing '${name}': ${problem}`);
  }
  return layers;
}

/** What is wrong with the layers that a user's own mixing returns for images of a shape. */
function problemOfLayers(layers: unknown, shape: ImageShape): string | undefined {
  if (typeof layers !== 'object' || layers === null || Array.isArray(layers) || layers instanceof Promise) {
    return 'build must return an object of bijections by their keys, at once';
  }
  const entries = Object.entries(layers as Record<string, Partial<Bijection>>);
  if (entries.length === 0) {
    return 'build must return at least one bijection';
  }
  for (const [key, layer] of entries) {
    if (key === 'actnorm' || key === 'coupling') {
      return `the layer '${key}' needs another key: every flow step already uses this one`;
    }
    const missing = ['name', 'inputShape', 'outputShape', 'parameters', 'forward', 'inverse'].filter(
      (part) => (layer as Record<string, unknown> | undefined)?.[part] === undefined,
    );
    if (missing.length > 0) {
      return `the layer '${key}' is not a bijection: it has no ${missing.join(', no ')}`;
    }
  }
  const { outputShape } = entries.at(-1)![1] as Bijection;
  return String(outputShape) === String(shape)
    ? undefined
    : `its layers take images ${showImageShape(shape)} and return ${showImageShape(outputShape)}: the shapes must be equal`;
}
