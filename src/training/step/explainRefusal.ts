// Explains why a step was dropped, naming the culprit: the batch, a weight, a layer or a parameter.
import type { CompileOptions } from '../../engine/program.ts';
import type { Flow } from '../../models/flow.ts';
import type { Groups, ParameterLayout } from '../../models/parameterLayout.ts';
import type { NdArray } from '../../numeric/ndarray.ts';
import type { TrainingState } from '../../runs/contents/trainingState.ts';
import type { Batch } from '../../trained/likelihood/likelihood.ts';
import { firstLayerNotFinite, isFiniteArray, notFiniteIn, notFiniteInState } from './notFinite.ts';

/** A dropped step and its data. */
export interface RefusedStep {
  /** The guard's reason. */
  readonly refusal: string;
  /** The loss of the batch, in bits/dim. */
  readonly bitsPerDim: number;
  readonly batch: Batch;
  readonly gradients: Groups;
  readonly state: TrainingState;
  /** Images per run of a program. */
  readonly microBatch: number;
}

/** Why a step was dropped. */
export interface Explanation {
  /** The reason and the culprit. */
  readonly text: string;
  /** Whether the state itself is broken, so that no other batch can help. */
  readonly inState: boolean;
}

/** Finds where a dropped step went wrong; compiles a program for it if a layer did. */
export async function explainRefusal(
  model: Flow,
  layout: ParameterLayout,
  { refusal, bitsPerDim, batch, gradients, state, microBatch }: RefusedStep,
  options: CompileOptions,
): Promise<Explanation> {
  const at = (place: string): Explanation => ({ text: `${refusal}: ${place}`, inState: false });
  const inState = notFiniteInState(state, layout);
  if (inState !== null) {
    return { text: `${refusal}: ${inState}`, inState: true };
  }
  if (!isFiniteArray(batch.image) || !isFiniteArray(batch.noise)) {
    return at('the batch contains NaN or infinity');
  }
  if (!Number.isFinite(bitsPerDim)) {
    const parts = { batch, images: microBatch, weights: state.weights };
    const layer = await firstLayerNotFinite(model, layout, parts, options);
    return layer === null ? { text: refusal, inState: false } : at(`first in layer ${layer}`);
  }
  const broken = notFiniteIn(gradients, layout);
  if (broken.length > 0) {
    const others = broken.length === 1 ? '' : ` and ${broken.length - 1} more before it`;
    // Gradients are computed from the last layer to the first: earlier layers inherit the last one's fault.
    return at(`in ${broken.at(-1)}${others}`);
  }
  return at(`the largest gradient is in ${largestOf(layout.unpack(gradients))}`);
}

function largestOf(arrays: Readonly<Record<string, NdArray>>): string {
  let largest = { path: '', value: -1 };
  for (const [path, { data }] of Object.entries(arrays)) {
    for (const element of data) {
      const value = Math.abs(element);
      if (value > largest.value) {
        largest = { path, value };
      }
    }
  }
  return largest.path;
}
