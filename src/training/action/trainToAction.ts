// Training a model to a density that is known up to a factor, e^−S, without images.

import { UserError } from '../../core/errors.ts';
import { countDimensions, type ImageShape, RandomStream } from '../../core/numeric/index.ts';
import {
  checkIndex,
  checkOutput,
  type Dataset,
  type ImageSet,
  imagesInMemory,
} from '../../data/contract/index.ts';
import type { FileStore } from '../../data/files/index.ts';
import { resumeRun, startRun } from '../../runs/open/index.ts';
import type { Config } from '../../runs/settings/index.ts';
import type { Action } from '../gradients/actionLoss.ts';
import type { TrainingOptions, TrainingResult } from '../loop/trainingOptions.ts';
import { trainRun } from '../reports/trainRun.ts';

/** The experiment, where its run is stored, and how it is trained. */
export interface ActionTrainingOptions
  extends Pick<
    TrainingOptions,
    'stopAt' | 'signal' | 'checkpointSeconds' | 'events' | 'device' | 'deviceIndex' | 'threads' | 'ranks'
  > {
  /**
   * The experiment. `data.name` names the action. `model.continuous` may give the mean and the deviation of the values at
   * the start; default 0 and 1 in each channel.
   */
  readonly config: Config;
  /** Height, width and channels of a field. */
  readonly imageShape: ImageShape;
  /** The folder of the run, or files such as `memoryFiles('phi4')`. */
  readonly place: string | FileStore;
  /** Whether the run that is already there continues, with the settings of `config`; default false. */
  readonly resume?: boolean;
}

/** The number of updates in an epoch. */
const EPOCH = 100;

/**
 * Trains a model q to the density e^−S/Z by the reverse Kullback-Leibler divergence. The loss is E[log q(x) + S(x)] over
 * samples x of the model, divided by the number of their values; it is at least −ln Z divided by it, and equal for
 * q = e^−S/Z.
 *
 * The run is an ordinary one: its checkpoints load, sample and export. It has no validation images, and an epoch is 100
 * updates. One worker trains, with all threads.
 *
 * @param action S, with the operations of `emerging-flows/tensor`
 * @throws UserError as `train` does; if the configuration has classes, conditions, augmentations, bits or a dequantisation;
 *   if the action does not return a number for each field; or if the inverse of the model has no gradient
 */
export async function trainToAction(
  { config: userConfig, imageShape, place: destination, resume = false, ...following }: ActionTrainingOptions,
  action: Action,
): Promise<TrainingResult> {
  const config = configFor(userConfig, imageShape);
  const dataset = startingValues(config, imageShape);
  const run = await (resume
    ? resumeRun(destination, config, { dataset })
    : startRun(config, destination, { dataset }));
  return trainRun({ ...run, ...following, workers: 1, activations: 'keep', action });
}

const FOR_IMAGES = 'is for training on images: leave it out with an action';
const FOR_INTEGERS = 'is for integers, but an action takes real numbers: leave it out';

/** The configuration of a model of real numbers, checked. */
function configFor(config: Config, [, , channels]: ImageShape): Config {
  const { data, model } = config;
  const unused: readonly (readonly [key: string, isSet: boolean, why: string])[] = [
    ['model.classes', model.classes !== undefined, FOR_IMAGES],
    ['model.condition', model.condition !== undefined, FOR_IMAGES],
    ['data.augment', data.augment.length > 0, FOR_IMAGES],
    ['model.bits', model.bits !== undefined, FOR_INTEGERS],
    ['model.dequantisation', model.dequantisation !== undefined, FOR_INTEGERS],
  ];
  const wrong = unused.find(([, isSet]) => isSet);
  if (wrong) {
    throw new UserError('invalid-config', `${wrong[0]} ${wrong[2]}`);
  }
  const standard = { mean: Array(channels).fill(0), deviation: Array(channels).fill(1) };
  const continuous = typeof model.continuous === 'object' ? model.continuous : standard;
  return { ...config, model: { ...model, continuous } };
}

/** Fields of independent normal values, that initialise activation normalisations. */
function startingValues({ data, training, model }: Config, imageShape: ImageShape): Dataset {
  const { mean, deviation } = model.continuous as { mean: number[]; deviation: number[] };
  const [size, channels] = [countDimensions(imageShape), imageShape[2]];
  const count = EPOCH * training.batchSize;
  const train: ImageSet = {
    count,
    imageShape,
    kind: 'float32',
    read(indices, out) {
      checkOutput(indices.length * size, 'float32', out);
      for (let position = 0; position < indices.length; position++) {
        const normals = new RandomStream(0, 'starting values', checkIndex(indices[position]!, count)).normals(
          size,
        );
        normals.forEach((value, index) => {
          out[position * size + index] = mean[index % channels]! + deviation[index % channels]! * value;
        });
      }
    },
  };
  const none = imagesInMemory(new Float32Array(), imageShape);
  return { name: data.name, imageShape, train, validation: none, test: none };
}
