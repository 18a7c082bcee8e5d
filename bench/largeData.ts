// Training batches from a packed file too large for memory: how fast they are made, and how much memory that
// takes.
//
//   npx tsx bench/largeData.ts --gib 5 --size 32 --augment shift,flip
//
// Writes the file, reads it with a cold page cache (Linux with dd) and again with what the first read left
// there, and deletes it.
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { anyModel } from '../src/benchmarks/benchModel.ts';
import { timeBatches } from '../src/benchmarks/timeBatches.ts';
import { secondsOf } from '../src/benchmarks/timing.ts';
import { augmentationList } from '../src/cli/parts/augmentationList.ts';
import { nonNegative, wholeNumber } from '../src/cli/parts/options.ts';
import { formatBytes, formatCount, formatMilliseconds, formatRate } from '../src/cli/terminal/format.ts';
import { packedTarget } from '../src/data/packed/packedTarget.ts';
import { PackedWriter } from '../src/data/packed/packedWriter.ts';
import type { AugmentationName } from '../src/data/pixels/augment.ts';
import { openDataset } from '../src/data/registry.ts';
import { RandomStream } from '../src/numeric/random.ts';
import { BatchLoader } from '../src/training/step/batchLoader.ts';
import { inTemporaryFolder } from './shared/temporaryFolder.ts';

const { gib, size, batch, steps, augment, folder } = new Command('largeData')
  .option('--gib <n>', 'size of the file', nonNegative, 5)
  .option('--size <n>', 'height and width of the images', wholeNumber(1), 32)
  .option('--batch <n>', 'images at a time', wholeNumber(1), 64)
  .option('--steps <n>', 'batches timed', wholeNumber(1), 1000)
  .option('--augment <name,…>', 'augmentation of the images', augmentationList, [])
  .option('--folder <dir>', 'where the file is written', tmpdir())
  .parse()
  .opts<{
    gib: number;
    size: number;
    batch: number;
    steps: number;
    augment: AugmentationName[];
    folder: string;
  }>();

await inTemporaryFolder(
  'large-data',
  async (place) => {
    const file = join(place, 'large.images');
    await make(file);
    const cold = forgetCache(file);
    const { train } = await openDataset(file, { validation: 0.02 });
    const before = process.memoryUsage.rss();
    const loader = new BatchLoader(train, { batchSize: batch, seed: 0, model: anyModel, augment });
    time(loader, cold ? 'cold cache' : 'after writing');
    time(loader, 'warm cache');
    console.log(`memory ${formatBytes(before)} before, ${formatBytes(process.memoryUsage.rss())} after`);
  },
  folder,
);

/** Random images, from one block of random bytes read at a different offset each time. */
async function make(file: string): Promise<void> {
  const imageBytes = size * size * 3;
  const count = Math.floor((gib * 2 ** 30) / imageBytes);
  const random = new RandomStream(0, 'large');
  const noise = Uint8Array.from({ length: 2 ** 22 + imageBytes }, () => random.integer(256));
  const seconds = await secondsOf(() => {
    const writer = new PackedWriter(packedTarget(file));
    for (let index = 0; index < count; index++) {
      const start = random.integer(2 ** 22);
      writer.add(noise.subarray(start, start + imageBytes), String(index));
    }
    writer.endSplit('train');
    writer.add(noise.subarray(0, imageBytes), 'test');
    writer.endSplit('test');
    writer.finish({ imageShape: [size, size, 3], source: 'bench/largeData', settings: { size }, notes: {} });
  });
  console.log(
    `${formatCount(count)} images of ${size}x${size}x3, ${formatBytes(count * imageBytes)}, written in ${seconds.toFixed(0)} s`,
  );
}

/** Drops the file from the page cache; returns whether that worked. */
function forgetCache(file: string): boolean {
  const { status } = spawnSync('dd', [
    `of=${file}`,
    'oflag=nocache',
    'conv=notrunc,fdatasync',
    'count=0',
    'status=none',
  ]);
  return status === 0;
}

function time(loader: BatchLoader, what: string): void {
  const { seconds, slowestSeconds } = timeBatches(loader, 0, steps);
  console.log(
    `${formatRate((steps * batch) / seconds)} images/s, ${formatMilliseconds(seconds / steps, 2)} ms per batch, ` +
      `the slowest ${formatMilliseconds(slowestSeconds, 1)} ms: ${what}`,
  );
}
