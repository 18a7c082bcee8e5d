// The parts of models by name: mixings, the parts of couplings, base distributions, ways to dequantise; and what is built
// from them.
import { type ImageShape, showImageShape } from '../../core/numeric/index.ts';
import { changedPart, type PartChoice, PartRegistry } from '../../core/parts/index.ts';
import type { Bijection } from '../contract/bijection.ts';
import {
  type Dequantiser,
  type DequantiserDefinition,
  noDequantiser,
  uniformDequantisation,
} from '../contract/dequantiser.ts';
import type { MixingDefinition } from '../contract/mixing.ts';
import { additiveTransformer } from '../coupling/additive.ts';
import { affineTransformer } from '../coupling/affine.ts';
import { coupling } from '../coupling/coupling.ts';
import { denseNetwork } from '../coupling/denseConditioner.ts';
import { gatedNetwork } from '../coupling/gatedConditioner.ts';
import { glowNetwork } from '../coupling/glowConditioner.ts';
import { mixtureTransformer } from '../coupling/mixture.ts';
import {
  type ConditionerDefinition,
  type ContextFor,
  channelsMask,
  checkerboardMask,
  type MaskDefinition,
  type MaskFor,
  type TransformerDefinition,
} from '../coupling/parts.ts';
import { splineTransformer } from '../coupling/spline.ts';
import { variationalDequantisation } from '../dequantisers/variationalDequantiser.ts';
import { butterflyMixing } from '../layers/butterfly.ts';
import { circulantMixing } from '../layers/circulant.ts';
import { conv1x1Mixing, conv1x1PluMixing, conv1x1QrMixing } from '../layers/conv1x1.ts';
import { convexpMixing } from '../layers/convolutionExponential.ts';
import { emergingMixing } from '../layers/emerging.ts';
import { fincMixing } from '../layers/fourCorners.ts';
import { mafMixing } from '../layers/maf.ts';
import { periodicMixing } from '../layers/periodic.ts';
import { reverseMixing, shuffleMixing } from '../layers/permutation.ts';
import type { ImageBoundary } from '../layers/scaledConvolution.ts';
import { woodburyMeMixing, woodburyMixing } from '../layers/woodbury.ts';
import { gaussianPrior, type PriorDefinition } from '../priors/baseDistribution.ts';
import { gaussianMixturePrior } from '../priors/gaussianMixture.ts';
import { studentTPrior } from '../priors/studentT.ts';
import type { ValueOptions } from './imageValues.ts';

/** The library's mixings, in list order. A mixing is named after its last layer. */
const libraryMixings = [
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
export type Mixing = (typeof libraryMixings)[number]['name'];

/** All mixings, with those that users register. */
export const mixings = new PartRegistry<MixingDefinition>(
  { kind: 'mixing', what: 'mixing', key: 'model.mixing' },
  libraryMixings,
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

/** Describes the first fault of the layers that a custom mixing returns for images of a shape. */
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

/** All masks by name; the default first. */
export const masks = new PartRegistry<MaskDefinition>({ kind: 'mask', what: 'mask', key: 'model.mask' }, [
  channelsMask,
  checkerboardMask,
]);

/** All conditioners by name; the default first. */
export const conditioners = new PartRegistry<ConditionerDefinition>(
  { kind: 'conditioner', what: 'conditioner', key: 'model.conditioner' },
  [glowNetwork, gatedNetwork, denseNetwork],
);

/** All transformers by name; the default first. */
export const transformers = new PartRegistry<TransformerDefinition>(
  { kind: 'transformer', what: 'transformer', key: 'model.coupling' },
  [affineTransformer, additiveTransformer, splineTransformer, mixtureTransformer],
);

/** The parts of a coupling. */
export interface CouplingChoice {
  /** How couplings change values; default `affine`. */
  readonly coupling?: PartChoice;
  /** The network inside couplings; default `glow`. */
  readonly conditioner?: PartChoice;
  /** Which values couplings keep; default `channels`. */
  readonly mask?: PartChoice;
  /** The padding of networks at the image's edge: zeros, which is the default, or on a torus the image itself. */
  readonly boundary?: ImageBoundary;
}

/**
 * The coupling of a model for images of a shape.
 *
 * @param mask which values it keeps; default: the first of `couplingMasks(options)`
 * @param context additional network input; by default nothing
 * @throws UserError if a part is not registered, or has other options
 */
export function buildCoupling(
  shape: ImageShape,
  options: CouplingChoice,
  mask: MaskFor = couplingMasks(options)[0]!,
  context?: ContextFor,
): Bijection {
  const { boundary = 'zero' } = options;
  const conditioner = conditioners.resolve(options.conditioner);
  const transformer = transformers.resolve(options.coupling);
  return coupling(shape, {
    mask,
    context,
    conditioner: conditioner.definition.build(conditioner.options, { boundary }),
    transformer: transformer.definition.build(transformer.options),
  });
}

/** A conditioner with other hidden channels, if `width` is an option of it. */
export function withWidth(conditioner: PartChoice = {}, width: number): PartChoice {
  const { definition } = conditioners.resolve(conditioner);
  return Object.hasOwn(definition.options, 'width') ? changedPart(conditioner, { width }) : conditioner;
}

/** The hidden channels of a model's conditioner; undefined if `width` is not an option of it. */
export function networkWidth({ conditioner }: CouplingChoice): number | undefined {
  const { width } = conditioners.resolve(conditioner).options;
  return typeof width === 'number' ? width : undefined;
}

/**
 * The masks that the couplings of a level take in turn.
 *
 * @throws UserError if the mask is not registered, or has other options
 */
export function couplingMasks({ mask }: CouplingChoice): MaskFor[] {
  const { definition, options } = masks.resolve(mask);
  const { turns = 1, name } = definition;
  if (!Number.isInteger(turns) || turns < 1) {
    throw new Error(`mask '${name}': turns must be a whole number of 1 or more, not ${turns}`);
  }
  return Array.from({ length: turns }, (_, turn) => definition.build(options, turn));
}

/** All base distributions by name; the default first. */
export const basePriors = new PartRegistry<PriorDefinition>(
  { kind: 'prior', what: 'prior', key: 'model.prior' },
  [gaussianPrior, studentTPrior, gaussianMixturePrior],
);

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
  return continuous === undefined ? dequantisers.chosenName(dequantisation) : NONE;
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
