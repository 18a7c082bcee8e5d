// What is read as a checkpoint, and what is refused.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { Glow } from '../models/glow.ts';
import { readLatestCheckpoint, saveCheckpoint, stateFrom } from './checkpoint.ts';
import { ParameterLayout } from './parameterLayout.ts';
import { checkpointPath, createRunFolder, openRunFolder } from './runFolder.ts';
import { decodeSafetensors, encodeSafetensors } from './safetensors.ts';

const root = mkdtempSync(join(tmpdir(), 'checkpoint-'));
const paths = createRunFolder(join(root, 'run'), '');
const path = checkpointPath(paths, 3);
const model = new Glow(
  { levels: 1, depth: 1, width: 2, mixing: '1x1', kernelSize: 3, dilation: 1, learnedPrior: true, bits: 8 },
  [4, 4, 1],
);
const layout = new ParameterLayout(model.parameters);
const state = {
  step: 3,
  weights: layout.initial(0),
  first: layout.zeros(),
  second: layout.zeros(),
  average: layout.zeros(),
};

afterAll(() => rmSync(root, { recursive: true }));

/** Writes the checkpoint with changed metadata; what is undefined is left out. */
function withMetadata(changes: Record<string, string | undefined>): void {
  saveCheckpoint(path, state, layout, model.imageShape);
  const { tensors, metadata } = decodeSafetensors(readFileSync(path), path);
  const changed = Object.entries({ ...metadata, ...changes }).filter(([, value]) => value !== undefined);
  writeFileSync(path, encodeSafetensors(tensors, Object.fromEntries(changed) as Record<string, string>));
}

const read = () => readLatestCheckpoint(openRunFolder(paths.directory));

it.each([{}, { formatVersion: undefined }])('reads what was written: %j', (changes) => {
  withMetadata(changes);
  const checkpoint = read();
  expect(checkpoint).toMatchObject({ step: 3, imageShape: [4, 4, 1], damage: null });
  expect(stateFrom(checkpoint, layout)).toEqual(state);
});

it.each([
  [{ format: 'pt' }, "is no checkpoint of a training: its format is 'pt', expected 'emerging-flows'"],
  [{ format: undefined }, 'is no checkpoint of a training: its metadata name no format, expected'],
  [
    { formatVersion: '2' },
    "has version '2' of the format of checkpoints, and this program reads up to 1: update",
  ],
  [{ formatVersion: 'x\ny' }, "has version 'x y' of the format"],
  [{ step: '-1' }, 'its metadata lacks the step or the image shape'],
  [{ imageShape: '4x4' }, 'its metadata lacks the step or the image shape'],
])('refuses %j', (changes, message) => {
  withMetadata(changes);
  expect(read).toThrow(message);
});
