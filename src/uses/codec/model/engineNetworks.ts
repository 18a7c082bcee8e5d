// The networks of a model, run by the engine: in WebAssembly, whose results depend on no machine.

import type { ImageShape } from '../../../core/numeric/index.ts';
import {
  compile,
  evaluate,
  type Program,
  reproducibleDevice,
  runtimeSha256,
} from '../../../tensor/engine/index.ts';
import { input, OPEN_BATCH, type Tensor } from '../../../tensor/index.ts';
import type { Network, Networks } from '../maps/integerMap.ts';

/** What computes the networks: files name it, because another version of it may compute other bits. */
export function codingRuntime(): Promise<string> {
  return runtimeSha256();
}

/** Networks as programs of the engine; `release` frees them. */
export class EngineNetworks implements Networks {
  private readonly programs: Program[] = [];

  async constants(tensors: readonly Tensor[]): Promise<readonly (Float32Array | Float64Array)[]> {
    const values = tensors.length > 0 ? await evaluate(tensors, { device: reproducibleDevice }) : [];
    return values.map(({ data }) => data);
  }

  async compile(shape: ImageShape, build: (images: Tensor) => Tensor): Promise<Network> {
    const images = input('images', [OPEN_BATCH, ...shape]);
    const program = await compile(
      { inputs: { images }, outputs: { numbers: build(images) } },
      { device: reproducibleDevice },
    );
    this.programs.push(program);
    return {
      run: async (data, count) =>
        (await program.run({ images: { shape: [count, ...shape], data } })).numbers!.data,
    };
  }

  /** Frees the programs. */
  async release(): Promise<void> {
    await Promise.all(this.programs.map((program) => program.release()));
  }
}
