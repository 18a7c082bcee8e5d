// The gradients of a batch, piecewise: images between stages are kept, nearly everything else is recomputed.
import {
  type CompileOptions,
  compilePrepared,
  type NamedArrays,
  type Program,
} from '../../engine/program.ts';
import { releaseOnFailure } from '../../engine/resources.ts';
import type { NdArray } from '../../numeric/ndarray.ts';
import type { ProgramDefinition } from '../../tensor/program.ts';
import type { Batch } from '../likelihood.ts';
import { arrayName, type Groups, type ParameterLayout } from '../parameterLayout.ts';
import type { GradientProgram } from './gradientProgram.ts';
import { densities, densityName, type Pieces, type PlacedPiece } from './pieces.ts';

/** Compiles the pieces, once for each kind. */
export function compilePieces(
  pieces: Pieces,
  layout: ParameterLayout,
  options: CompileOptions,
): Promise<GradientProgram> {
  return releaseOnFailure(async (keep) => {
    const programs = new Map<ProgramDefinition, Program>();
    for (const definition of runsOf(pieces).keys()) {
      programs.set(definition, keep(await compilePrepared(definition, options)));
    }
    return new PiecewiseGradients(pieces, layout, programs);
  });
}

/** How often each program runs per batch. */
export function runsOf({ start, stages, end }: Pieces): Map<ProgramDefinition, number> {
  const all = [start, ...stages.flatMap(({ piece }) => [piece.forward ?? [], piece.backward].flat()), end];
  const runs = new Map<ProgramDefinition, number>();
  for (const definition of all) {
    runs.set(definition, (runs.get(definition) ?? 0) + 1);
  }
  return runs;
}

/**
 * The programs of the pieces, run in order: forward for the images alone, then backward for everything else.
 */
class PiecewiseGradients implements GradientProgram {
  private readonly pieces: Pieces;
  private readonly layout: ParameterLayout;
  private readonly programs: ReadonlyMap<ProgramDefinition, Program>;

  constructor(pieces: Pieces, layout: ParameterLayout, programs: ReadonlyMap<ProgramDefinition, Program>) {
    this.pieces = pieces;
    this.layout = layout;
    this.programs = programs;
  }

  async run(batch: Batch, weights: Groups, into: Groups): Promise<NdArray> {
    const [given, wanted] = [this.layout.unpack(weights), this.layout.unpack(into)];
    const { start, stages, end } = this.pieces;
    let { x } = await this.runPiece(start, { ...batch });
    const taken: { stage: PlacedPiece; feeds: NamedArrays }[] = [];
    for (const stage of stages) {
      const feeds = { x: x!, ...ofStage(stage, 'weights', given) };
      const { y, ...remembered } = stage.piece.forward ? await this.runPiece(stage.piece.forward, feeds) : {};
      taken.push({ stage, feeds: { ...feeds, ...remembered } });
      x = y;
    }
    const added: Record<string, NdArray> = {};
    let gradientOfY: NdArray | undefined;
    for (let last = taken.pop(); last; last = taken.pop()) {
      const { stage, feeds } = last;
      const found = await this.runPiece(
        stage.piece.backward,
        { ...feeds, ...(gradientOfY && { gradientOfY }) },
        ofStage(stage, 'gradients', wanted),
      );
      gradientOfY = found.gradientOfX;
      for (const density of densities) {
        if (found[density]) {
          added[densityName(stage.path, density)] = found[density];
        }
      }
    }
    return (await this.runPiece(end, added)).bitsPerDim!;
  }

  async release(): Promise<void> {
    await Promise.all([...this.programs.values()].map((program) => program.release()));
  }

  private runPiece(
    definition: ProgramDefinition,
    feeds: NamedArrays,
    into?: NamedArrays,
  ): Promise<Record<string, NdArray>> {
    return this.programs.get(definition)!.run(feeds, into);
  }
}

/** The arrays of a stage's parameters, if any, under their names in its programs. */
function ofStage(
  { path, parameters }: PlacedPiece,
  kind: 'weights' | 'gradients',
  arrays: NamedArrays,
): Record<string, NdArray> {
  return Object.fromEntries(
    parameters.flatMap((name) => {
      const array = arrays[`${path}/${name}`];
      return array ? [[arrayName(kind, name), array]] : [];
    }),
  );
}
