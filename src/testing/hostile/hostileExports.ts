// Hostile changes of an export with 8x8x1 images and depth 1.
import { lstatSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../../errors.ts';
import { checksumOf } from '../../numeric/checksum.ts';
import { decodeSafetensors, encodeSafetensors } from '../../storage/safetensors.ts';
import {
  bytes,
  type Changes,
  edit,
  fifo,
  header,
  holes,
  link,
  megabytes,
  tensorOfHoles,
  write,
} from './hostileFiles.ts';

const weights = (folder: string): string => join(folder, 'model.safetensors');

/** A manifest that lists no files. */
const manifestText = (model: unknown): string => JSON.stringify({ model, files: {} });

/** Removes the checksums of files from an export, so that they reach the checks behind them. */
export function unbindExport(folder: string): void {
  const path = weights(folder);
  const { metadata } = decodeSafetensors(readFileSync(path), path);
  write('manifest.json', manifestText(JSON.parse(metadata.model!)))(folder);
}

/** Makes the checksum of changed weights and the options in the manifest right, for the same reason. */
export function bindExport(folder: string): void {
  const path = weights(folder);
  const [status, manifest] = [path, join(folder, 'manifest.json')].map((each) => lstatSync(each));
  if (!status!.isFile() || status!.size > MOST_BOUND) {
    return;
  }
  try {
    const { tensors, metadata } = decodeSafetensors(readFileSync(path), path);
    const { checksum: _, ...rest } = metadata;
    writeFileSync(path, encodeSafetensors(tensors, { ...rest, checksum: checksumOf(tensors, rest) }));
    if (manifest!.isFile() && manifest!.size < MOST_BOUND) {
      edit('manifest.json', (text) =>
        /^\{"model":\{.*"files":\{\}\}$/.test(text) ? manifestText(JSON.parse(metadata.model!)) : text,
      )(folder);
    }
  } catch (error) {
    // What cannot be read has no checksum either.
    if (!(error instanceof UserError || error instanceof SyntaxError)) {
      throw error;
    }
  }
}

/** Larger files are refused before they are read. */
const MOST_BOUND = megabytes(64);

/** Changes of an export, with what commands that use it must do. */
export const exportChanges: Changes = {
  depth: ['refuse', header(weights, (text) => text.replace('\\"depth\\":1', '\\"depth\\":20000000'))],
  'depth within bounds': [
    'refuse',
    header(weights, (text) => text.replace('\\"depth\\":1', '\\"depth\\":1000')),
  ],
  'prototype option': [
    'refuse',
    header(weights, (text) => text.replace('{\\"bits', '{\\"__proto__\\":{\\"levels\\":1},\\"bits')),
  ],
  'huge images': ['refuse', header(weights, (text) => text.replace('8x8x1', '4096x4096x1'))],
  'no images': ['refuse', header(weights, (text) => text.replace('8x8x1', '0x0x0'))],
  'nested options': [
    'refuse',
    header(weights, (text) => text.replace('{\\"bits', `${'['.repeat(1_000_000)}{\\"bits`)),
  ],
  'a name twice': [
    'refuse',
    header(weights, (text) => text.replace(/("levels\/[^:]*:\{[^}]*\}),/, '$1,$1,')),
  ],
  truncated: ['refuse', bytes(weights, (file) => file.subarray(0, file.length - 5))],
  'weights as FIFO': ['refuse', fifo('model.safetensors')],
  'weights as endless device': ['refuse', link('model.safetensors', '/dev/zero')],
  'manifest as FIFO': ['cope', fifo('manifest.json')],
  'manifest in itself': [
    'cope',
    edit('manifest.json', (text) => text.replace(/"shape": \[/, '$&[[[["x"]]]],')),
  ],
  'manifest of nested lists': ['cope', write('manifest.json', `{"model":${'['.repeat(1_000_000)}`)],
  'manifest of holes': ['cope', holes('manifest.json', megabytes(4096))],
  'scores of holes': ['cope', holes('scores.json', megabytes(4096))],
  'scores of nested lists': ['cope', write('scores.json', `{"bitsPerDim":${'['.repeat(1_000_000)}`)],
  'a tensor of holes': ['refuse', tensorOfHoles(weights, megabytes(1900))],
  'weights of holes': ['refuse', holes('model.safetensors', megabytes(4096))],
  'encoder of holes': ['cope', holes('encoder.onnx', megabytes(4096))],
  'sampler as endless device': ['cope', link('sampler.onnx', '/dev/zero')],
};
