// Which files are read as checkpoints, and which are rejected.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../core/errors.ts';
import { RandomStream } from '../../core/numeric/random.ts';
import { decodeSafetensors, encodeSafetensors, tensorChecksum } from '../../data/files/safetensors.ts';
import { Glow } from '../../flows/models/glow.ts';
import { ParameterLayout } from '../../flows/models/parameterLayout.ts';
import { megabytes, tensorOfHoles } from '../../testing/hostile/hostileFiles.ts';
import { temporaryFolder } from '../../testing/temporaryFolder.ts';
import { folderStore } from '../folder/folderStore.ts';
import { createRunFolder } from '../folder/newRunFolder.ts';
import { checkpointPath } from '../folder/runFolder.ts';
import { type Checkpoint, checkpointContents } from './checkpoint.ts';
import { readChosenCheckpoint } from './chosenCheckpoint.ts';
import { newGuard } from './guardState.ts';
import { requireArrays, restore } from './restore.ts';

const root = temporaryFolder();
const paths = createRunFolder(join(root, 'run'), '');
const store = folderStore(paths);
const path = checkpointPath(paths, 3);
const model = new Glow([4, 4, 1], { levels: 1, depth: 1, conditioner: { width: 2 }, mixing: '1x1' });
const layout = new ParameterLayout(model.parameters);
const state = {
  step: 3,
  updates: 2,
  guard: { ...newGuard(0.1 + 0.2), dropped: 1 },
  weights: layout.initial(0),
  average: layout.zeros(),
  optimizer: { name: 'adamax', moments: { first: layout.zeros(), second: layout.zeros() } },
};

/** Writes the checkpoint with changed metadata and a matching checksum; undefined entries are omitted. */
async function withMetadata(changes: Record<string, string | undefined>): Promise<void> {
  await store.saveCheckpoint(3, checkpointContents(state, layout, model));
  const { tensors, metadata } = decodeSafetensors(readFileSync(path), path);
  const changed = Object.entries({ ...metadata, ...changes }).filter(([, value]) => value !== undefined);
  const allMetadata = Object.fromEntries(changed) as Record<string, string>;
  const checksum = tensorChecksum(tensors, allMetadata);
  writeFileSync(
    path,
    encodeSafetensors(tensors, { ...allMetadata, ...('checksum' in changes ? {} : { checksum }) }),
  );
}

const stateIn = (checkpoint: Checkpoint) => restore(checkpoint, model.options, 'config.yaml').state;
const read = () => readChosenCheckpoint(store, { check: () => {} });

it('reads what was written', async () => {
  await withMetadata({});
  const checkpoint = await read();
  expect(checkpoint).toMatchObject({ step: 3, imageShape: [4, 4, 1], damage: null });
  expect(stateIn(checkpoint)).toEqual(state);
});

it('reads the optimiser', async () => {
  await withMetadata({ optimizer: 'adamw' });
  expect(stateIn(await read()).optimizer.name).toBe('adamw');
});

it.each([
  [{ format: 'pt' }, "is not a training checkpoint: its format is 'pt', expected 'emerging-flows'"],
  [{ format: undefined }, 'is not a training checkpoint: its metadata has no format, expected'],
  [
    { formatVersion: '4' },
    "has checkpoint format version '4', but this version of emerging-flows reads version 3 only: update",
  ],
  [{ formatVersion: undefined }, "has checkpoint format version '', but"],
  [{ formatVersion: 'x\ny' }, "has checkpoint format version 'x y', but"],
  [{ step: '-1' }, 'its metadata lacks the step, the image shape, the guard or the model'],
  [{ imageShape: '4x4' }, 'its metadata lacks the step, the image shape, the guard or the model'],
  [{ guard: '{"strain":1}' }, 'its metadata lacks the step, the image shape, the guard or the model'],
  [
    { optimizer: 'sgd\n' },
    "was trained with the optimiser 'sgd', but this program only has adamax, adamw, muon: update emerging-flows, or register the optimiser",
  ],
  [{ updates: undefined }, 'its metadata lacks the step, the image shape, the guard or the model'],
  [{ checksum: undefined }, 'is corrupt: its checksum does not match'],
])('rejects %j', async (changes, message) => {
  await withMetadata(changes);
  await expect(read()).rejects.toThrow(message);
});

it('is refused before its arrays are read if they do not match the model', async () => {
  await withMetadata({});
  tensorOfHoles(() => path, megabytes(1900))(root);
  const check = requireArrays(model.options, 'config.yaml');
  await expect(readChosenCheckpoint(store, { check })).rejects.toThrow(
    `${path} does not match the model in its config: "holes" does not belong to it`,
  );
});

describe('a corrupt checkpoint', () => {
  const saveComplete = async (): Promise<Buffer> => {
    await store.saveCheckpoint(3, checkpointContents(state, layout, model));
    return readFileSync(path);
  };

  it('with a flipped bit in any header byte is rejected', async () => {
    // With few names: the thousands in a model are all protected the same way.
    const few = new ParameterLayout(Object.fromEntries(Object.entries(model.parameters).slice(0, 2)));
    const [weights, zeros] = [few.initial(0), few.zeros()];
    const optimizer = { name: 'adamax', moments: { first: zeros, second: zeros } };
    await store.saveCheckpoint(
      3,
      checkpointContents({ ...state, weights, average: zeros, optimizer }, few, model),
    );
    const bytes = readFileSync(path);
    const headerEnd = 8 + Number(bytes.readBigUInt64LE(0));
    for (let index = 0; index < headerEnd; index++) {
      const bit = 1 << (index % 8);
      bytes[index]! ^= bit;
      writeFileSync(path, bytes);
      await expect(read(), `byte ${index}`).rejects.toThrow(UserError);
      bytes[index]! ^= bit;
    }
    writeFileSync(path, bytes);
    expect((await read()).damage).toBeNull();
  });

  it('with flipped bits in its arrays is rejected', async () => {
    const bytes = await saveComplete();
    const headerEnd = 8 + Number(bytes.readBigUInt64LE(0));
    const random = new RandomStream(0, 'flips');
    for (let flip = 0; flip < 50; flip++) {
      const damaged = Buffer.from(bytes);
      damaged[headerEnd + random.integer(bytes.length - headerEnd)]! ^= 1 << random.integer(8);
      writeFileSync(path, damaged);
      await expect(read()).rejects.toThrow('is corrupt: its checksum does not match');
    }
  });

  it('truncated anywhere is rejected', async () => {
    const bytes = await saveComplete();
    for (const length of [0, 1, 8, 100, Math.floor(bytes.length / 2), bytes.length - 1]) {
      writeFileSync(path, bytes.subarray(0, length));
      await expect(read(), `${length} bytes`).rejects.toThrow(UserError);
    }
  });
});
