// The settings of the room Train in its address.
import mixings from 'virtual:mixings';
import type { ConfigLayer } from 'emerging-flows/training';
import type { Settings } from '../../address.ts';
import { MOST_SEED } from '../../numbers.ts';
import { readSettings } from '../../readSettings.ts';

/** A model to train. */
export interface ModelSettings {
  readonly mixing: string;
  readonly depth: number;
  readonly width: number;
}

/** The settings. */
export interface TrainSettings {
  readonly data: 'digits' | 'files';
  /** The height and width to fit pictures to. */
  readonly size: number;
  readonly channels: 1 | 3;
  readonly levels: number;
  readonly model: ModelSettings;
  /** The second model of a race; undefined without a race. */
  readonly rival: ModelSettings | undefined;
  readonly rate: number;
  readonly batch: number;
  readonly steps: number;
  readonly seed: number;
}

/** The mixing of the quick start, and the mixing that the paper compares it with. */
export const [QUICK_START_MIXING, RIVAL_MIXING] = ['emerging', '1x1'] as const;

/** The smallest and largest value of each number. */
export const limits = {
  size: [8, 256],
  levels: [1, 8],
  depth: [1, 100],
  width: [1, 2048],
  rate: [1e-6, 1],
  batch: [1, 1024],
  steps: [1, 1_000_000],
  seed: [0, MOST_SEED],
} as const;

/** Reads an address; the defaults are the quick start's values. */
export function trainSettings(address: Settings): TrainSettings & { readonly unreadable: readonly string[] } {
  const { unreadable, read, number, whole, choice } = readSettings(address);
  const wholeSetting = (name: keyof typeof limits, usual: number, key: string = name): number => {
    const [least, greatest] = limits[name];
    return whole(key, least, greatest, usual);
  };
  const model: ModelSettings = {
    mixing: read('mixing', mixingIn, QUICK_START_MIXING),
    depth: wholeSetting('depth', 4),
    width: wholeSetting('width', 64),
  };
  const rival = read('rival', mixingIn, undefined);
  return {
    data: choice('data', ['digits', 'files']),
    size: wholeSetting('size', 32),
    channels: choice('channels', ['3', '1']) === '1' ? 1 : 3,
    levels: wholeSetting('levels', 2),
    model,
    rival:
      rival === undefined
        ? undefined
        : {
            mixing: rival,
            depth: wholeSetting('depth', model.depth, 'rivalDepth'),
            width: wholeSetting('width', model.width, 'rivalWidth'),
          },
    rate: number('rate', ...limits.rate, 0.015),
    batch: wholeSetting('batch', 64),
    steps: wholeSetting('steps', 1700),
    seed: wholeSetting('seed', 0),
    unreadable,
  };
}

/** The quick start's warm-up, as a share of the steps. */
const WARM_UP = 150 / 1700;

/** The configuration of a run, without the values it shares with the quick start. */
export function createConfig(
  { levels, rate, batch, steps, seed }: TrainSettings,
  { mixing, depth, width }: ModelSettings,
): ConfigLayer {
  return {
    seed,
    model: { levels, mixing, depth, conditioner: { width } },
    training: {
      learningRate: rate,
      batchSize: batch,
      microBatch: batch,
      steps,
      warmupSteps: Math.round(WARM_UP * steps),
    },
  };
}

/** The shape of the images. */
export function trainedShape({ data, size, channels }: TrainSettings): [number, number, number] {
  return data === 'digits' ? [28, 28, 1] : [size, size, channels];
}

/** An unused name for a run. */
export function freeName({ mixing, depth, width }: ModelSettings, usedNames: readonly string[]): string {
  const name = `${mixing}-${depth}x${width}`;
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? name : `${name}-${number}`;
    if (!usedNames.includes(candidate)) {
      return candidate;
    }
  }
}

function mixingIn(text: string): string | undefined {
  return Object.hasOwn(mixings, text) ? text : undefined;
}
