// A trained model from the files of an export or of a run, from memory or from a URL.
import { UserError } from '../../errors.ts';
import { type FetchOptions, fetchBytes } from '../../platform/transfer.ts';
import { soundCheckpoint } from '../../runs/contents/checkpoint.ts';
import { restore } from '../../runs/contents/restore.ts';
import { safetensorsHeader } from '../../storage/safetensorsHeader.ts';
import { type TrainedModel, trainedModel } from '../model/trainedModel.ts';
import { type ExportChoice, exportedModel, requireOwnArrays, WEIGHTS_FILE } from './exportedModel.ts';
import { MANIFEST_FILE, manifestFrom } from './manifest.ts';

/**
 * The files of a model by name: `model.safetensors` of an export, compared with `manifest.json` if it is there, or
 * `config.yaml` and `checkpoints/step-….safetensors` of a run, whose last checkpoint counts.
 */
export type ModelFiles = Readonly<Record<string, Uint8Array | string>>;

/**
 * The trained model in files of an export or a run.
 *
 * @throws UserError if they are of neither (`not-found`), or corrupt
 */
export async function modelFromFiles(
  files: ModelFiles,
  { weights, step }: ExportChoice = {},
): Promise<TrainedModel> {
  const exported = files[WEIGHTS_FILE];
  if (exported !== undefined) {
    const listing = files[MANIFEST_FILE];
    const manifest = listing === undefined ? undefined : manifestFrom(textOf(listing), MANIFEST_FILE);
    return exportedModel(
      bytesOf(exported),
      { path: WEIGHTS_FILE, name: 'the export', manifest },
      { weights, step },
    );
  }
  const config = files['config.yaml'];
  const checkpoint = checkpointAmong(Object.keys(files), step);
  if (config === undefined || checkpoint === undefined) {
    throw new UserError(
      'not-found',
      `no model among the files (${Object.keys(files).join(', ') || 'none'}): give ${WEIGHTS_FILE} of an export, ` +
        'or config.yaml and checkpoints/step-….safetensors of a run',
    );
  }
  const file = { path: 'config.yaml', text: textOf(config) };
  // Loaded when needed: an export needs no YAML.
  const { resolveConfig } = await import('../../experiments/resolve.ts');
  const { model: options } = resolveConfig({ file });
  const { model, state } = restore(
    soundCheckpoint(bytesOf(files[checkpoint]!), checkpoint),
    options,
    file.path,
  );
  return trainedModel(model, state, weights);
}

function textOf(content: Uint8Array | string): string {
  return typeof content === 'string' ? content : new TextDecoder().decode(content);
}

function bytesOf(content: Uint8Array | string): Uint8Array {
  return typeof content === 'string' ? new TextEncoder().encode(content) : content;
}

/** The last checkpoint among files, or that of a step; undefined if there is none. */
function checkpointAmong(names: readonly string[], step: ExportChoice['step']): string | undefined {
  const stepOf = (name: string): number =>
    Number(/(?:^|\/)step-(\d{8,})\.safetensors$/.exec(name)?.[1] ?? Number.NaN);
  const checkpoints = names
    .filter((name) => !Number.isNaN(stepOf(name)))
    .sort((one, other) => stepOf(one) - stepOf(other));
  if (step === undefined || checkpoints.length === 0) {
    return checkpoints.at(-1);
  }
  const found = checkpoints.find((name) => stepOf(name) === step);
  if (found === undefined) {
    throw new UserError(
      'not-found',
      `no checkpoint of step ${step} among the files: give that file, or the step of another ` +
        `(${checkpoints.map(stepOf).join(', ')})`,
    );
  }
  return found;
}

/**
 * Fetches the file of an export that holds its model.
 *
 * @param url of the folder of the export
 * @throws UserError (`io`) if it cannot be fetched, (`unsupported`) if it is larger than `maxBytes`, (`invalid-data`) if it is
 *   another file, or longer than it declares
 */
export async function fetchModelFiles(url: URL, options: FetchOptions = {}): Promise<ModelFiles> {
  const folder = url.href.endsWith('/') ? url : new URL(`${url.href}/`);
  const address = new URL(WEIGHTS_FILE, folder).href;
  const bytes = await fetchBytes(address, options, {
    advice: 'give the URL of the folder of an export',
    sizeIn: (start) => {
      const header = safetensorsHeader(start, address);
      if (!('atLeast' in header)) {
        requireOwnArrays(header, address);
      }
      return header;
    },
  });
  return { [WEIGHTS_FILE]: bytes };
}
