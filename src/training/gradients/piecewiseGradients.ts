// The gradients of a batch, piecewise: images between stages are kept, nearly everything else is recomputed.

import { arrayName, type ParameterLayout } from '../../flows/models/index.ts';
import {
  type AnyArray,
  compile,
  compilePrepared,
  type DeviceArray,
  type DeviceMemory,
  onHost,
  type Program,
  type ProgramArrays,
  peakElements,
  releaseInTurn,
  releaseOnFailure,
} from '../../tensor/engine/index.ts';
import { elementCount, input, type ProgramDefinition } from '../../tensor/index.ts';
import { concatenate, reshape } from '../../tensor/operations/index.ts';
import type { GradientPlan, GradientProgram, GradientRequest } from './gradientPlan.ts';
import { definePieces, type Piece } from './pieces.ts';

/** Plans one program for each kind of stage, forward and backward. */
export function piecewiseGradients(request: GradientRequest): GradientPlan {
  const pieces = definePieces(request);
  const passedElements = pieces.flatMap(({ pass, program }) =>
    pass === 'forward' ? Object.values(program.outputs).map(({ shape }) => elementCount(shape)) : [],
  );
  // A session keeps the memory that its runs used.
  const peakPerProgram = [...programsIn(pieces)].map(peakElements);
  return {
    activations: 'recompute',
    workers: 1,
    bytes: 4 * [...passedElements, ...peakPerProgram].reduce((total, elements) => total + elements, 0),
    compile: () => compilePieces(pieces, request),
  };
}

function programsIn(pieces: readonly Piece[]): Set<ProgramDefinition> {
  return new Set(pieces.map(({ program }) => program));
}

function compilePieces(pieces: readonly Piece[], request: GradientRequest): Promise<GradientProgram> {
  const { layout, memory } = request;
  return releaseOnFailure(async (keep) => {
    const programs = new Map<ProgramDefinition, Program>();
    for (const definition of programsIn(pieces)) {
      const onDevice = memory ? Object.keys(definition.outputs) : [];
      programs.set(definition, keep(await compilePrepared(definition, { ...request, onDevice })));
    }
    const arrays = memory ? await deviceArrays(pieces, memory, request) : hostArrays(layout);
    return {
      async run(batch, weights, { bitsPerDim, gradients }) {
        const knownArrays: ProgramArrays = { ...batch, ...(await arrays.weights(weights)) };
        const targets: ProgramArrays = { ...arrays.targets(gradients), bitsPerDim };
        const passed = new Map<string, AnyArray>();
        for (const { program, pass, inputs, outputs } of pieces) {
          const feeds = arraysFor(inputs, (name) => passed.get(name) ?? knownArrays[name]);
          const into = arraysFor(outputs, (name) => targets[name]);
          const results = { ...into, ...(await programs.get(program)!.run(feeds, into)) };
          for (const [output, name] of Object.entries(outputs)) {
            passed.set(name, results[output]!);
          }
          if (pass === 'backward') {
            // Nothing takes these again.
            for (const name of Object.values(inputs)) {
              passed.delete(name);
            }
          }
        }
        await arrays.finish(gradients);
      },
      release: () => releaseInTurn([...programs.values(), arrays]),
    };
  });
}

/** The arrays that a program takes or returns, as far as there are any, by the names of its inputs or outputs. */
function arraysFor(
  names: Readonly<Record<string, string>>,
  find: (name: string) => AnyArray | undefined,
): ProgramArrays {
  return Object.fromEntries(
    Object.entries(names).flatMap(([key, name]) => {
      const array = find(name);
      return array ? [[key, array]] : [];
    }),
  );
}

/** Where the arrays of the pieces are, by their names in the sequence. */
interface PieceArrays {
  /** The weights of every parameter, from their groups. */
  weights(groups: ProgramArrays): Promise<ProgramArrays>;
  /** The arrays that outputs are written to, given the groups of gradients; the other outputs are new arrays. */
  targets(groups: ProgramArrays): ProgramArrays;
  /** Called once all gradients are computed. */
  finish(groups: ProgramArrays): Promise<void>;
  /** Frees programs; the memory of a device is freed by its owner. */
  release(): Promise<void>;
}

/** On the host the arrays of parameters are views of their groups, and every other array is new. */
function hostArrays(layout: ParameterLayout): PieceArrays {
  const views = (kind: 'weights' | 'gradients', groups: ProgramArrays): ProgramArrays =>
    byName(kind, layout.unpack(onHost(groups)));
  return {
    weights: async (groups) => views('weights', groups),
    targets: (groups) => views('gradients', groups),
    async finish() {},
    async release() {},
  };
}

/**
 * On a device parameters and their gradients are arrays of their own, cut out of their groups by one program and put
 * together by another, and everything between the stages stays there. The layout has one group of trained weights.
 */
function deviceArrays(
  pieces: readonly Piece[],
  memory: DeviceMemory,
  { layout, ...options }: GradientRequest,
): Promise<PieceArrays> {
  const [group, ...others] = layout.trained;
  if (group === undefined || others.length > 0) {
    throw new Error('the trained weights of a device are in one vector');
  }
  const { inputs, tensors } = layout.inputs();
  const trained = Object.entries(layout.specs).filter(([, spec]) => spec.trained);
  const parts = Object.fromEntries(trained.map(([path, { shape }]) => [path, input(path, shape)]));
  const flat = Object.values(parts).map((part) => reshape(part, [elementCount(part.shape)]));
  return releaseOnFailure(async (keep) => {
    const compiled = async (definition: ProgramDefinition) =>
      keep(await compile(definition, { ...options, onDevice: Object.keys(definition.outputs) }));
    const cut = await compiled({ inputs, outputs: byName('weights', tensors) });
    const join = await compiled({
      inputs: byName('gradients', parts),
      outputs: { [group]: concatenate(flat, 0) },
    });
    const weights: Record<string, DeviceArray> = {};
    for (const [name, { shape }] of Object.entries(cut.outputs)) {
      weights[name] = await memory.allocate(shape);
    }
    const targets = await allocateTargets(pieces, memory);
    return {
      async weights(groups) {
        await cut.run(groups, weights);
        return weights;
      },
      targets: () => targets,
      async finish(groups) {
        await join.run(targets, groups);
      },
      release: () => releaseInTurn([cut, join]),
    };
  });
}

/** Arrays for everything that the pieces return but bits/dim. */
async function allocateTargets(
  pieces: readonly Piece[],
  memory: DeviceMemory,
): Promise<Readonly<Record<string, DeviceArray>>> {
  const targets: Record<string, DeviceArray> = {};
  // The gradient of a stage's images is used up by the stage before it: two arrays of a shape, in turn, are enough.
  const inTurn = new Map<string, DeviceArray>();
  for (const [index, { program, outputs }] of pieces.entries()) {
    for (const [output, name] of Object.entries(outputs)) {
      const { shape } = program.outputs[output]!;
      if (output === 'gradientOfX') {
        const key = `${index % 2} ${shape.join('x')}`;
        targets[name] = inTurn.get(key) ?? (await memory.allocate(shape));
        inTurn.set(key, targets[name]);
      } else if (output !== 'bitsPerDim') {
        targets[name] = await memory.allocate(shape);
      }
    }
  }
  return targets;
}

/** Values of parameters by the names of their arrays in the sequence. */
function byName<Value>(
  kind: 'weights' | 'gradients',
  values: Readonly<Record<string, Value>>,
): Record<string, Value> {
  return Object.fromEntries(Object.entries(values).map(([path, value]) => [arrayName(kind, path), value]));
}
