// The programs of a training step on a device, except the gradients: sums, norm, scaling, update.
import type { Device } from '../../engine/devices/device.ts';
import { inPlace } from '../../engine/graph/inPlace.ts';
import { prepare } from '../../engine/graph/prepare.ts';
import { type CompileOptions, compile, compilePrepared, type Program } from '../../engine/program.ts';
import type { Keep } from '../../engine/resources.ts';
import type { Traffic } from '../../engine/traffic.ts';
import { add, concatenate, multiply, pad, reshape, sum } from '../../tensor/operations/index.ts';
import type { ProgramDefinition } from '../../tensor/programDefinition.ts';
import { OPEN_BATCH } from '../../tensor/shape.ts';
import { input, type Tensor } from '../../tensor/tensor.ts';

/** The programs of a step besides that of the gradients. */
export interface StepPrograms {
  /** The optimiser and the average of the weights, in place. */
  readonly update: Program;
  /** From the gradients and bits/dim of every micro-batch to what the host is told: bits/dim, then the squared norm. */
  readonly report: Program;
  /** total = total + part, and total = total·factor. */
  readonly add: Program | undefined;
  readonly scale: Program;
}

/** What the programs are for. */
interface StepProgramOptions {
  readonly device: Device;
  readonly traffic: Traffic | undefined;
  /** The update of the weights and their average. */
  readonly update: ProgramDefinition;
  /** How many gradients there are. */
  readonly length: number;
  /** The micro-batches of a batch, and the images of each. */
  readonly parts: number;
  readonly microBatch: number;
}

/** Compiles the programs. */
export async function compileStepPrograms(
  { device, traffic, update, length, parts, microBatch }: StepProgramOptions,
  keep: Keep,
): Promise<StepPrograms> {
  const engine: CompileOptions = { device, fallback: false, ...(traffic && { traffic }) };
  const inMemory = async (definition: ProgramDefinition): Promise<Program> => {
    const onDevice = Object.keys(definition.outputs);
    // After the preparation, which may change who reads what.
    const prepared = inPlace(prepare(definition, { device }));
    return keep(await compilePrepared(prepared, { ...engine, onDevice }));
  };
  return {
    update: await inMemory(update),
    report: keep(await compile(reportOf(length, parts, microBatch), engine)),
    add: parts > 1 ? await inMemory(sumProgram()) : undefined,
    scale: await inMemory(scaleProgram()),
  };
}

function sumProgram(): ProgramDefinition {
  const [total, part] = [input('total', [OPEN_BATCH]), input('part', [OPEN_BATCH])];
  return { inputs: { total, part }, outputs: { total: add(total, part) } };
}

function scaleProgram(): ProgramDefinition {
  const [total, factor] = [input('total', [OPEN_BATCH]), input('factor', [])];
  return { inputs: { total, factor }, outputs: { total: multiply(total, factor) } };
}

/** The program that tells the host bits/dim of all images, and after them Σ g² over `length` gradients. */
function reportOf(length: number, parts: number, microBatch: number): ProgramDefinition {
  const gradients = input('gradients', [length]);
  const bitsPerDim = Array.from({ length: parts }, (_, index) => input(`part${index}`, [microBatch]));
  const inputs = Object.fromEntries(bitsPerDim.map((tensor, index) => [`part${index}`, tensor]));
  const told = concatenate([...bitsPerDim, reshape(sumOfSquares(gradients, length), [1])], 0);
  return { inputs: { gradients, ...inputs }, outputs: { told } };
}

/** The rows that a vector is summed in: one workgroup would sum a whole vector alone, one number after the other. */
const ROWS = 1024;

function sumOfSquares(gradients: Tensor, length: number): Tensor {
  const columns = Math.ceil(length / ROWS);
  const rows = reshape(pad(gradients, 0, 0, ROWS * columns - length), [ROWS, columns]);
  return sum(sum(multiply(rows, rows), [1]));
}
