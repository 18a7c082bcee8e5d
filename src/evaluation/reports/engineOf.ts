// The engine of a training, for later computations with the trained model.
import type { CompileOptions } from '../../engine/program.ts';
import type { TrainingOptions } from '../../training/loop/train.ts';

/** Where the programs of a training run; programs that use the trained model run there too. */
export function engineOf(options: TrainingOptions): CompileOptions {
  const { device, deviceIndex, threads, fallback, inverse } = options;
  return {
    ...(device && { device }),
    ...(deviceIndex !== undefined && { deviceIndex }),
    ...(threads !== undefined && { threads }),
    ...(fallback !== undefined && { fallback }),
    ...(inverse && { inverse }),
  };
}
