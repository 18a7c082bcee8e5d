import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { onlyRank } from '../../../core/ranks/ranks.ts';
import { npyBytes } from '../../../data/formats/npy.ts';
import { loadRun } from '../../../model/loading/loadRun.ts';
import { startRun } from '../../../runs/open/run.node.ts';
import { temporaryFolder } from '../../../testing/temporaryFolder.ts';
import { tinyImages } from '../../../testing/tinyImages.ts';
import { tinyConfig } from '../../../testing/tinyRuns.ts';
import { train } from '../../../training/loop/train.ts';
import { openNamedReference } from './scoreReference.ts';

it('knows the images that a run has held out in a copy of its 16-bit images', async () => {
  const folder = temporaryFolder();
  const deep = Uint16Array.from(tinyImages(80, 8, 0), (value, index) => 256 * value + (index % 256));
  const [original, copy] = ['original.npy', 'copy.npy'].map((name) => join(folder, name)) as [string, string];
  for (const path of [original, copy]) {
    writeFileSync(path, npyBytes(deep, [80, 8, 8]));
  }
  const { data, ...config } = tinyConfig({ steps: 1 }, { bits: 8 });
  const run = await startRun(
    { ...config, data: { ...data, name: original, validation: 0.25 } },
    join(folder, 'run'),
  );
  await train({ ...run, threads: 1 });
  const reference = await openNamedReference(await loadRun(join(folder, 'run')), copy, onlyRank);
  expect(reference.count).toBe(run.dataset.validation.count);
});
