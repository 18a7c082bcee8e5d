// A run in files survives what happens to a page: it is closed, or its storage is full.
import { expect, it } from 'vitest';
import { UserError } from '../../core/errors.ts';
import { type FileStore, memoryFiles, readFiles } from '../../data/files/fileStore.ts';
import { tinyConfig, tinyDataset } from '../../testing/tinyRuns.ts';
import { train } from '../../training/loop/train.ts';
import { resumeRun, startRun } from '../open/run.node.ts';
import { RunStore } from './runStore.ts';

const dataset = tinyDataset(8);

async function trainedFiles(): Promise<FileStore> {
  const files = memoryFiles('run');
  await train({ ...(await startRun(tinyConfig(), files, { dataset })), threads: 1, stopAt: 4 });
  return files;
}

const readText = async (files: FileStore, name: string): Promise<string> =>
  new TextDecoder().decode(await files.read(name));

it('keeps the lines before the damage of a log, even if the page is closed before the next checkpoint', async () => {
  const files = await trainedFiles();
  const [first, ...others] = (await readText(files, 'metrics.jsonl')).split('\n');
  await files.write('metrics.jsonl', new TextEncoder().encode([first, 'damaged', ...others].join('\n')));
  const notes = await new RunStore(files).mend();
  expect(notes).toEqual([
    'run/metrics.jsonl, line 2: not valid JSON; the log is kept as run/metrics.jsonl.damaged, and only its lines before that are used',
  ]);
  expect(await readText(files, 'metrics.jsonl')).toBe(`${first}\n`);
  expect(await readText(files, 'metrics.jsonl.damaged')).toContain('damaged');
});

it('says why its storage failed, even if nothing can be read from it any more', async () => {
  const files = await trainedFiles();
  let isGone = false;
  const failing: FileStore = {
    ...files,
    async append(name, text) {
      if (isGone) {
        throw new UserError('io', `cannot save ${name}: the disk is gone`, { cause: new Error('EIO') });
      }
      await files.append(name, text);
    },
    async list(folder) {
      if (isGone) {
        throw new UserError('io', 'cannot list the files');
      }
      return files.list(folder);
    },
  };
  const run = await resumeRun(failing, {}, { dataset });
  const onStep = (): void => {
    isGone = true;
  };
  await expect(train({ ...run, threads: 1, events: { onStep } })).rejects.toThrow(
    /^cannot save metrics.jsonl: the disk is gone$/,
  );
});

it('says how far a run is safe when its storage is full', async () => {
  const files = await trainedFiles();
  let isFull = false;
  const filling: FileStore = {
    ...files,
    async append(name, text) {
      if (isFull) {
        throw new UserError('io', `cannot save ${name}: no more room`, { cause: new Error('quota') });
      }
      await files.append(name, text);
    },
  };
  const run = await resumeRun(filling, {}, { dataset });
  const onStep = (): void => {
    isFull = true;
  };
  await expect(train({ ...run, threads: 1, events: { onStep } })).rejects.toThrow(
    /^cannot save metrics.jsonl: no more room\. The run is safe up to step 4: resumeRun\(files, \{\}, \{ dataset \}\) resumes from there$/,
  );
  // The lock is free again, and the run complete up to the checkpoint.
  isFull = false;
  const resumed = await resumeRun(filling, {}, { dataset });
  expect(resumed.state!.step).toBe(4);
  expect((await train({ ...resumed, threads: 1 })).complete).toBe(true);
});

it('downloads a run while it is trained: a checkpoint that was just removed is left out', async () => {
  const files = await trainedFiles();
  const stale: FileStore = {
    ...files,
    list: async () => [...(await files.list()), 'checkpoints/step-00000001.safetensors'],
  };
  expect(Object.keys(await readFiles(stale))).toEqual(await files.list());
});
