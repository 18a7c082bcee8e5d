// The gradients of a batch, piecewise: images between stages are kept, nearly everything else is recomputed.
import type { AnyArray, ProgramArrays } from '../../engine/arrays.ts';
import { peakElements } from '../../engine/graph/memory.ts';
import { compilePrepared, type Program } from '../../engine/program.ts';
import { releaseInTurn, releaseOnFailure } from '../../engine/resources.ts';
import type { ProgramDefinition } from '../../tensor/programDefinition.ts';
import { elementCount } from '../../tensor/shape.ts';
import type { GradientPlan, GradientProgram, GradientRequest } from './gradientPlan.ts';
import { deviceArrays, hostArrays } from './pieceArrays.ts';
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
    compile: (profile) => compilePieces(pieces, { ...request, ...(profile && { profile }) }),
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
        const known: ProgramArrays = { ...batch, ...(await arrays.weights(weights)) };
        const targets: ProgramArrays = { ...arrays.targets(gradients), bitsPerDim };
        const passed = new Map<string, AnyArray>();
        for (const { program, pass, inputs, outputs } of pieces) {
          const feeds = arraysFor(inputs, (name) => passed.get(name) ?? known[name]);
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
