// The kinds of flows, by name: the library's, and those that users register.

import type { ImageShape } from '../../core/numeric/index.ts';
import {
  type OptionSchemas,
  type OptionValues,
  type PartDefinition,
  type PartialDefinition,
  PartRegistry,
} from '../../core/parts/index.ts';
import { countTrained } from '../contract/parameters.ts';
import type { Flow } from './flow.ts';
import { Glow } from './glow.ts';
import { completeOptions, type ModelOptions, modelDefaults } from './options.ts';
import { masks } from './partRegistries.ts';

/** A kind of flow that configurations can choose. */
export interface FlowDefinition<Schemas extends OptionSchemas = OptionSchemas>
  extends PartDefinition<Schemas> {
  readonly kind: 'flow';
  /** The keys of `model` that it uses, and whose values are checked against the images; by default none. */
  readonly uses?: readonly (keyof ModelOptions)[];
  /**
   * The flow for images of a shape. Every call with the same arguments returns the same layers.
   *
   * @param options its own
   * @param model all options of the model, which a `StagedFlow` takes
   */
  build(imageShape: ImageShape, options: OptionValues<Schemas>, model: ModelOptions): Flow;
}

/** Defines a kind of flow, as `define.mixing` does a mixing. */
export function defineFlow<Schemas extends OptionSchemas = Record<never, never>>(
  definition: PartialDefinition<FlowDefinition<Schemas>>,
): FlowDefinition<Schemas> {
  return { options: {} as Schemas, ...definition, kind: 'flow' };
}

/** Glow as configurations choose it. */
const glow = defineFlow({
  name: 'glow',
  summary: 'Levels of flow steps, with a split after each but the last.',
  uses: ['levels', 'mixing', 'coupling', 'conditioner', 'mask', 'prior', 'dequantisation'],
  build: (imageShape, _, model) => new Glow(imageShape, model),
});

/** All kinds of flows by name; the default first. */
export const flows = new PartRegistry<FlowDefinition>({ kind: 'flow', what: 'flow', key: 'model.flow' }, [
  glow,
]);

/**
 * The flow of a configuration for images of a shape.
 *
 * @throws UserError (`not-found`) if the options name a part that is not registered
 */
export function flowFor(imageShape: ImageShape, options: Partial<ModelOptions> = {}): Flow {
  const { flow, ...model } = options;
  const { definition, options: flowOptions } = flows.resolve(flow);
  return definition.build(imageShape, flowOptions, {
    ...completeOptions(model),
    ...(flow !== undefined && { flow: flows.complete(flow) }),
  });
}

/** The number of trained parameters of a model, not counting those masked out. */
export function countParameters(imageShape: ImageShape, options: Partial<ModelOptions>): number {
  const count = (depth?: number): number =>
    countTrained(flowFor(imageShape, { ...options, ...(depth && { depth }) }).parameters);
  const { flow, mask, depth = modelDefaults.depth } = options;
  const isOfLibrary = flows.isOfLibrary(flows.chosenName(flow)) && masks.isOfLibrary(masks.chosenName(mask));
  if (!isOfLibrary) {
    return count();
  }
  // Each step of a level adds the same number, which models of one and two steps reveal: the masks that couplings take in
  // turn keep equally many channels.
  const [withOneStep, withTwoSteps] = [count(1), count(2)];
  return withOneStep + (depth - 1) * (withTwoSteps - withOneStep);
}
