// Exports a run: two ONNX programs, the weights, and a manifest that describes them.

import { UserError } from '../../core/errors.ts';
import { requireArgument } from '../../core/numeric/index.ts';
import { startSha256 } from '../../core/platform/sha256.node.ts';
import { exists, pathIn, withFile } from '../../data/files/index.node.ts';
import type { JsonObject } from '../../data/files/index.ts';
import { resultUnit, valueBits } from '../../flows/models/index.ts';
import { encodeCommand, modelCard, sampleCommand } from '../../model/card/modelCard.ts';
import { FlowModel, roundedModel, type WorkOptions } from '../../model/index.ts';
import { readManifest } from '../../model/loading/index.node.ts';
import {
  type FileChecksum,
  MANIFEST_FILE,
  problemOfFile,
  WEIGHTS_FILE,
  weightsBytes,
} from '../../model/loading/index.ts';
import { type LoadedRun, loadRun } from '../../model/loading/loadRun.ts';
import { type ReferenceScores, SCORES_FILE, scoresText } from '../../model/referenceScores.ts';
import type { WeightsKind } from '../../runs/contents/index.ts';
import { evaluationsIn, type StepChoice } from '../../runs/contents/stored.ts';
import { folderStore } from '../../runs/folder/folderStore.ts';
import { dataName } from '../../runs/settings/experimentName.ts';
import { DEQUANTISER_FILE, exportManifest, type ModelOrigin, PRIOR_FILE } from './exportManifest.ts';
import { exportPrograms } from './exportPrograms.ts';
import type { RoundedWeights } from './weightBits.ts';

/** How a run is exported. */
export interface ExportOptions {
  /** The moving average of the weights (default), or the raw weights after the last update. */
  readonly weights?: WeightsKind;
  /** The step whose checkpoint is exported, or `'best'`, as for `loadModel`; by default the last one. */
  readonly step?: StepChoice | undefined;
  /** The scores of the validation images, which go into the export; by default those that the run has cached, if any. */
  readonly scores?: ReferenceScores | undefined;
  /**
   * Stores the weights in `model.safetensors` in fewer bits, rounded as `roundWeights` found; by default in float32. The ONNX
   * files have the rounded weights too.
   */
  readonly rounded?: RoundedWeights | undefined;
  /** Threads for computations done in advance; by default one per core. */
  readonly threads?: number;
  /** Called with the number of ONNX files done, and of all. */
  readonly onProgress?: WorkOptions['onProgress'];
}

/** An exported model as files that are not yet written. */
export interface ExportedModel {
  /** The number of steps that its weights have seen. */
  readonly step: number;
  /** What each file holds, by name. */
  readonly files: Readonly<Record<string, Uint8Array | string>>;
}

/**
 * Exports the model of a run: `encoder.onnx`, `sampler.onnx`, for variational dequantisation `dequantiser.onnx`, for priors that are not Gaussian `prior.onnx`, `model.safetensors`, `manifest.json`, `README.md`, and `scores.json`
 * if the scores of the validation images are known. The same
 * checkpoint and summary produce the same bytes. A folder with these files is an exported model, which
 * `loadModel` loads.
 *
 * @param directory the run folder
 * @throws UserError if it is not a run, it has no such checkpoint, checkpoint or summary cannot be read, the scores are of
 *   other weights, or a file would be larger than 2 GiB
 * @example
 * ```ts
 * import { exportModel, loadModel } from 'emerging-flows';
 *
 * const { files } = await exportModel('runs/quickstart'); // to write into a folder, or to use at once
 * const model = await loadModel(files);
 * await model.release();
 * ```
 */
export async function exportModel(
  directory: string,
  { weights = 'average', step, scores, rounded, ...options }: ExportOptions = {},
): Promise<ExportedModel> {
  requireArgument(
    typeof directory === 'string',
    "exportModel needs a run folder, such as exportModel('runs/digits')",
  );
  const loaded = await loadRun(directory, { weights, step });
  const run = rounded ? roundedModel(loaded, rounded.exponents) : loaded;
  const summary = await summarizeRun(run);
  const { exponents, ...rounding } = rounded ?? {};
  const origin = {
    ...describeOrigin(run, weights, summary),
    ...(rounded && { rounding: resultUnit(run.model.options).record(rounding) }),
  };
  const { fingerprint } = new FlowModel(run);
  if (scores !== undefined && scores.fingerprint !== fingerprint) {
    throw new UserError(
      'mismatch',
      `the scores belong to other weights than those of ${directory} at step ${run.step}: measure them with the exported ones`,
    );
  }
  const reference = scores ?? run.scores?.(fingerprint);
  const { encoder, sampler, dequantiser, prior } = await exportPrograms(run, options);
  const files = {
    'encoder.onnx': encoder,
    'sampler.onnx': sampler,
    ...(dequantiser && { [DEQUANTISER_FILE]: dequantiser }),
    ...(prior && { [PRIOR_FILE]: prior }),
    [WEIGHTS_FILE]: weightsBytes({ ...run, weights }, exponents),
    ...(reference && { [SCORES_FILE]: scoresText(reference) }),
  };
  // The model card is not listed: publishers may edit it.
  const manifest = exportManifest(run.model, origin, files);
  return {
    step: run.step,
    files: { ...files, [MANIFEST_FILE]: manifest, 'README.md': exportCard(run, summary) },
  };
}

/** The model card of an export, which comes without pictures or checkpoints. */
function exportCard(
  { model, config, step }: LoadedRun,
  { bitsPerDim: _, natsPerValue: __, ...summary }: RunSummary,
): string {
  const commands = {
    'draw images': sampleCommand(model),
    'latents of images': encodeCommand(model),
  };
  return modelCard({ model, config, step, summary, pictures: {}, commands });
}

function describeOrigin(
  { config, step }: LoadedRun,
  weights: WeightsKind,
  { preset, evaluations }: RunSummary,
): ModelOrigin {
  const measured = evaluations.filter((evaluation) => evaluation.weights === weights);
  return {
    preset: typeof preset === 'string' ? preset : null,
    // The local path of the images stays private.
    dataset: dataName(config),
    step,
    weights,
    [resultUnit(config.model).key('bitsPerDim')]: measured.map((evaluation) => ({
      ...evaluation,
      bits: valueBits(config.model),
    })),
  };
}

/** The summary of a run, with the measurements after one step. */
type RunSummary = JsonObject & { readonly evaluations: readonly JsonObject[] };

/** The evaluations after the step, and what the training measured itself: the average weights on validation images. */
async function summarizeRun({ paths, step, config }: LoadedRun): Promise<RunSummary> {
  const unit = resultUnit(config.model);
  const key = unit.key('bitsPerDim');
  const store = folderStore(paths);
  const summary = await store.readSummary();
  const ofStep = evaluationsIn(summary).filter((evaluation) => evaluation.step === step);
  let logged: unknown;
  for (const line of await store.readMetrics()) {
    if (line.step === step && typeof line[unit.key('validationBitsPerDim')] === 'number') {
      logged = line[unit.key('validationBitsPerDim')];
    }
  }
  // After a stop between milestones only the summary has it.
  const result = logged ?? (summary.steps === step ? summary[key] : undefined);
  const ownEvaluation =
    typeof result === 'number' ? [{ step, [key]: result, split: 'validation', weights: 'average' }] : [];
  return { ...summary, evaluations: [...ofStep, ...ownEvaluation] };
}

/** The bytes per read. */
const BLOCK = 2 ** 22;

/**
 * Compares the files of an export with its manifest: one line for each wrong file. Missing files are not reported: they can't
 * give wrong results.
 *
 * @throws UserError if the manifest is damaged, or a file cannot be read
 */
export async function examineFiles(directory: string): Promise<readonly string[]> {
  const manifest = readManifest(directory);
  const problems: string[] = [];
  for (const name of manifest.files.keys()) {
    const path = pathIn(directory, name);
    if (exists(path)) {
      const problem = problemOfFile(manifest, name, path, await checksumAt(path));
      problems.push(...(problem === undefined ? [] : [problem]));
    }
  }
  return problems;
}

function checksumAt(path: string): Promise<FileChecksum> {
  return withFile(path, async (file) => {
    const hash = startSha256();
    for (let begin = 0; begin < file.size; begin += BLOCK) {
      hash.update(await file.read(begin, Math.min(BLOCK, file.size - begin)));
    }
    return { bytes: file.size, sha256: hash.digest() };
  });
}
