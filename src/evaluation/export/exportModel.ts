// A run as files that leave the house: two ONNX programs, the weights, and a manifest that explains them.
import { dataName } from '../../experiments/experimentName.ts';
import { showImageShape } from '../../numeric/imageShape.ts';
import type { NdArray } from '../../numeric/ndarray.ts';
import { encodeSafetensors } from '../../storage/safetensors.ts';
import { constantValue } from '../../tensor/tensor.ts';
import { readSummary } from '../../training/run/runSummary.ts';
import type { WeightsKind } from '../../training/trainingState.ts';
import type { LoadedRun, TrainedModel } from '../model/loadRun.ts';
import { modelCard } from '../runs/modelCard.ts';
import { exportManifest, type ModelOrigin } from './exportManifest.ts';
import { exportPrograms } from './exportPrograms.ts';

/** How a run is exported. */
export interface ExportOptions {
  /** The kind of weights with which the run was loaded. */
  readonly weights: WeightsKind;
  /** Threads for what is worked out beforehand; by default one a core. */
  readonly threads?: number;
}

/**
 * The files of a run's export by name: `encoder.onnx`, `sampler.onnx`, `model.safetensors`, `manifest.json`, `README.md`. The same
 * checkpoint and summary give the same bytes.
 *
 * @throws UserError if a file would be larger than 2 GiB, or the summary of the run cannot be read
 */
export async function exportModel(
  run: LoadedRun,
  { weights, ...options }: ExportOptions,
): Promise<Record<string, Uint8Array | string>> {
  const origin = originOf(run, weights);
  const { encoder, sampler } = await exportPrograms(run, options);
  return {
    'encoder.onnx': encoder,
    'sampler.onnx': sampler,
    'model.safetensors': weightsFile(run, origin),
    'manifest.json': exportManifest(run.model, origin),
    'README.md': exportCard(run),
  };
}

/** The model card of an export, which has neither pictures nor checkpoints beside it. */
function exportCard({ paths, model, config, step }: LoadedRun): string {
  const commands = {
    'draw images': 'npx emerging sample . --out samples.png',
    'latents of images': 'npx emerging encode . image.png --out image.latents',
  };
  return modelCard({ model, config, step, summary: readSummary(paths), pictures: {}, commands });
}

function originOf({ paths, config, step }: LoadedRun, weights: WeightsKind): ModelOrigin {
  const { preset, evaluations, steps, bitsPerDim } = readSummary(paths);
  const measured = (Array.isArray(evaluations) ? evaluations : []).filter(
    (evaluation) => evaluation.step === step && evaluation.weights === weights,
  );
  // What the summary says itself is of the average weights on the validation images.
  const ofValidation =
    typeof bitsPerDim === 'number' && steps === step && weights === 'average'
      ? [{ step, bitsPerDim, split: 'validation', weights, bits: config.model.bits }]
      : [];
  return {
    preset: typeof preset === 'string' ? preset : null,
    // Where the images lay is nobody else's business.
    dataset: dataName(config),
    step,
    weights,
    bitsPerDim: [...measured, ...ofValidation],
  };
}

/** The weights by path, as a safetensors file. */
function weightsFile({ model, parameters }: TrainedModel, { step, weights }: ModelOrigin): Uint8Array {
  const tensors = new Map<string, NdArray>();
  for (const path of Object.keys(model.parameters)) {
    const { shape, data } = constantValue(parameters[path]!)!;
    tensors.set(path, { shape, data: Float32Array.from(data) });
  }
  return encodeSafetensors(tensors, {
    format: 'emerging-flows',
    step: String(step),
    weights,
    imageShape: showImageShape(model.imageShape),
    model: JSON.stringify(model.options),
  });
}
