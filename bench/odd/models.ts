// The trained models of the benchmark, kept in folders so that scoring can be repeated without training.
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import type { Dataset, ImageSet } from '../../src/data/contract/dataset.ts';
import { resolveConfig } from '../../src/experiments/resolve.ts';
import { dimensionsOf } from '../../src/numeric/imageShape.ts';
import { RandomStream } from '../../src/numeric/random.ts';
import { startRun } from '../../src/runs/open/run.node.ts';
import { loadModel } from '../../src/trained/loading/loadModel.ts';
import type { FlowModel } from '../../src/trained/model/flowModel.ts';
import { train } from '../../src/training/loop/train.ts';
import type { BenchSet, OpenedSet } from './sets.ts';

/** How models are trained. */
export interface Training {
  /** Settings that differ from the quick start's. */
  readonly set: readonly string[];
  readonly threads: number;
  /** The folder of the runs. */
  readonly folder: string;
}

/** A set and its two models. */
export interface TrainedSet extends Omit<OpenedSet, 'general'> {
  readonly model: FlowModel;
  /** The second model of `ratio`. */
  readonly general: FlowModel;
  /** Whether odd images are also planted among its own. */
  readonly plants: boolean;
  readonly steps: number;
  /** The seconds of all steps of the first model. */
  readonly seconds: number;
}

/** Opens a set and its models, which are trained unless they are in their folders. */
export async function trainedSet(
  name: string,
  set: BenchSet,
  seed: number,
  training: Training,
): Promise<TrainedSet> {
  const opened = await set.open(seed);
  const { dataset, general, wrong } = opened;
  const own = await modelOf(`${name} ${seed}`, dataset, seed, {
    ...training,
    set: [...training.set, ...(wrong ? ['model.classes=true'] : [])],
  });
  // Ren and others: the second model has learned images with a fifth of their values replaced.
  const images = { ...general, train: mutated(general.train) };
  const second = await modelOf(`${set.general} mutated`, images, 0, training);
  return { ...opened, ...own, general: second.model, plants: set.plants === true };
}

async function modelOf(
  name: string,
  dataset: Dataset,
  seed: number,
  { folder, set, threads }: Training,
): Promise<{ model: FlowModel; steps: number; seconds: number }> {
  const path = `${folder}/${name.replaceAll(' ', '-')}`;
  if (!existsSync(path)) {
    // Renamed when it is complete: a run that was interrupted starts over.
    const part = `${path}.part`;
    rmSync(part, { recursive: true, force: true });
    const config = resolveConfig({ preset: 'mnist-quickstart', set: [...set, `seed=${seed}`] });
    const run = await startRun(config, part, { dataset });
    await train({ ...run, threads, workers: threads });
    renameSync(part, path);
  }
  const { steps, seconds } = JSON.parse(readFileSync(`${path}/summary.json`, 'utf8'));
  process.stderr.write(`${name}: ${steps} steps in ${Math.round(seconds)} s\n`);
  return { model: await loadModel(path, { threads }), steps, seconds };
}

/** Images with a fifth of their values replaced by random ones, always the same for an image. */
function mutated(images: ImageSet): ImageSet {
  const { count, imageShape } = images;
  const size = dimensionsOf(imageShape);
  return {
    count,
    imageShape,
    kind: images.kind,
    read(indices, out) {
      images.read(indices, out);
      for (let place = 0; place < indices.length; place++) {
        const random = new RandomStream(0, 'mutated', indices[place]!);
        for (let value = 0; value < size; value++) {
          if (random.uniform() < 0.2) {
            out[place * size + value] = random.integer(256);
          }
        }
      }
    },
  };
}
