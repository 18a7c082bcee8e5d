// The gradients of a batch, piecewise: images between stages are kept, nearly everything else is recomputed.
import type { AnyArray, ProgramArrays } from '../../engine/arrays.ts';
import { compilePrepared, type Program } from '../../engine/program.ts';
import { releaseInTurn, releaseOnFailure } from '../../engine/resources.ts';
import { conditionIn } from '../../flows/contract/condition.ts';
import { arrayName, type ParameterLayout } from '../../models/parameterLayout.ts';
import type { ProgramDefinition } from '../../tensor/programDefinition.ts';
import type { Batch } from '../../trained/likelihood/likelihood.ts';
import type { GradientEngine, GradientProgram, GradientTarget } from './gradientProgram.ts';
import { DevicePieceArrays, HostPieceArrays, type PieceArrays } from './pieceArrays.ts';
import { densities, densityName, type Pieces, type PlacedPiece } from './pieces.ts';

/** Compiles the pieces, once for each kind. */
export function compilePieces(
  pieces: Pieces,
  layout: ParameterLayout,
  { memory, ...options }: GradientEngine,
): Promise<GradientProgram> {
  return releaseOnFailure(async (keep) => {
    const programs = new Map<ProgramDefinition, Program>();
    for (const definition of runsOf(pieces).keys()) {
      const onDevice = memory ? Object.keys(definition.outputs) : [];
      programs.set(definition, keep(await compilePrepared(definition, { ...options, onDevice })));
    }
    const arrays = memory
      ? await DevicePieceArrays.open(pieces, layout, memory, options)
      : new HostPieceArrays(layout);
    return new PiecewiseGradients(pieces, arrays, programs);
  });
}

/** How often each program runs per batch. */
export function runsOf({ stages, end }: Pieces): Map<ProgramDefinition, number> {
  const all = [...stages.flatMap(({ piece }) => [piece.forward ?? [], piece.backward ?? []].flat()), end];
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
  private readonly arrays: PieceArrays;
  private readonly programs: ReadonlyMap<ProgramDefinition, Program>;

  constructor(pieces: Pieces, arrays: PieceArrays, programs: ReadonlyMap<ProgramDefinition, Program>) {
    this.pieces = pieces;
    this.arrays = arrays;
    this.programs = programs;
  }

  async run(batch: Batch, weights: ProgramArrays, { bitsPerDim, gradients }: GradientTarget): Promise<void> {
    const given = await this.arrays.parameters(weights);
    const wanted = this.arrays.gradients(gradients);
    const { stages, end } = this.pieces;
    const condition = conditionIn(batch);
    let images: ProgramArrays = { image: batch.image, noise: batch.noise };
    const taken: { stage: PlacedPiece; index: number; feeds: ProgramArrays }[] = [];
    for (const [index, stage] of stages.entries()) {
      const feeds = {
        ...images,
        ...Object.fromEntries(stage.conditions.map((name) => [name, condition[name]!])),
        ...ofStage(stage, 'weights', given),
      };
      const { y, ...remembered } = stage.piece.forward
        ? await this.runPiece(stage.piece.forward, index, feeds)
        : {};
      taken.push({ stage, index, feeds: { ...feeds, ...remembered } });
      images = y ? { x: y } : {};
    }
    const added: Record<string, AnyArray> = {};
    let gradientOfY: AnyArray | undefined;
    for (let last = taken.pop(); last; last = taken.pop()) {
      const { stage, index, feeds } = last;
      if (!stage.piece.backward) {
        continue;
      }
      const found = await this.runPiece(
        stage.piece.backward,
        index,
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
    await this.programs.get(end)!.run(added, { bitsPerDim });
    await this.arrays.finish(gradients);
  }

  async release(): Promise<void> {
    await releaseInTurn([...this.programs.values(), this.arrays]);
  }

  /** Runs a program of a stage, and returns its outputs wherever they are. */
  private async runPiece(
    definition: ProgramDefinition,
    index: number,
    feeds: ProgramArrays,
    gradients: ProgramArrays = {},
  ): Promise<ProgramArrays> {
    const into = { ...this.arrays.outputsOf(index, definition), ...gradients };
    return { ...into, ...(await this.programs.get(definition)!.run(feeds, into)) };
  }
}

/** The arrays of a stage's parameters, if any, under their names in its programs. */
function ofStage(
  { path, parameters }: PlacedPiece,
  kind: 'weights' | 'gradients',
  arrays: ProgramArrays,
): Record<string, AnyArray> {
  return Object.fromEntries(
    parameters.flatMap((name) => {
      const array = arrays[`${path}/${name}`];
      return array ? [[arrayName(kind, name), array]] : [];
    }),
  );
}
