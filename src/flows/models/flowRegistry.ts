// The kinds of flows, by name: the library's, and those that users register.

import type { ImageShape } from '../../core/numeric/index.ts';
import { countTrained } from '../contract/parameters.ts';
import type { Flow } from './flow.ts';
import { Glow } from './glow.ts';
import { type ModelOptions, modelDefaults } from './options.ts';
import { type NamedPart, type Own, PartRegistry } from './partRegistry.ts';

/** A kind of flow that configurations can choose. */
export interface FlowPart extends NamedPart {
  readonly options?: readonly (keyof ModelOptions)[];
  /** The flow for images of a shape, with these options. Every call with the same arguments returns the same layers. */
  flow(imageShape: ImageShape, options: ModelOptions): Flow;
}

/** All kinds of flows by name; the default first. */
export const flows = new PartRegistry<FlowPart>(
  {
    what: 'flow',
    key: 'model.flow',
    register: 'registerFlow',
    builder: { name: 'flow', from: 'the shape of the images and the options' },
  },
  {
    glow: {
      options: [
        'levels',
        'depth',
        'checkerboard',
        'checkerboardWidth',
        'width',
        'mixing',
        'kernelSize',
        'dilation',
        'hiddenChannels',
        'coupling',
        'conditioner',
        'boundary',
        'mask',
        'prior',
        'learnedPrior',
        'classes',
        'condition',
        'dequantisation',
      ],
      flow: (imageShape, options) => new Glow(imageShape, options),
    },
  },
);

/**
 * Registers a kind of flow, as `registerMixing` does a mixing: `model.flow` may then be its name, and runs and exports with
 * it can be read.
 */
export function registerFlow(name: string, flow: Own<FlowPart>): void {
  flows.register(name, flow);
}

/**
 * The flow of a configuration for images of a shape.
 *
 * @throws UserError (`not-found`) if the options name a part that is not registered
 */
export function flowFor(imageShape: ImageShape, options: Partial<ModelOptions> = {}): Flow {
  return flows.find(options.flow ?? flows.names[0]!).flow(imageShape, { ...modelDefaults, ...options });
}

/** The number of trained parameters of a model, not counting those masked out. */
export function countParameters(imageShape: ImageShape, options: Partial<ModelOptions>): number {
  const count = (depth?: number): number =>
    countTrained(flowFor(imageShape, { ...options, ...(depth && { depth }) }).parameters);
  const { flow = flows.names[0]!, depth = modelDefaults.depth } = options;
  if (!flows.isOfLibrary(flow)) {
    return count();
  }
  // The steps of a level are identical: each adds the same number, which models of one and two steps reveal.
  const [one, two] = [count(1), count(2)];
  return one + (depth - 1) * (two - one);
}
