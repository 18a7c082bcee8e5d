// The settings of the room Train in its address.
import { menus } from 'virtual:parts';
import type { ConfigLayer } from 'emerging-flows/training';
import type { Settings } from '../../address.ts';
import { MOST_SEED } from '../../numbers.ts';
import { readSettings, type SettingsReader } from '../../readSettings.ts';
import { PAGE_COUPLINGS } from '../../work/constants.ts';
import { otherParts, type PartSetting, partIn, partLayer } from './partSettings.ts';

/** A model to train. */
export interface ModelSettings {
  readonly mixing: string;
  /** The mixing with its options. */
  readonly mixingPart: PartSetting;
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
  /** The other parts, by their names in the address; both models of a race share them. */
  readonly parts: Readonly<Record<string, PartSetting>>;
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

/** Reads an address; missing or impossible settings get values with which a page draws strokes after a minute. */
export function trainSettings(address: Settings): TrainSettings & { readonly unreadable: readonly string[] } {
  const reader = readSettings(address);
  const { unreadable, unknown, read, number, whole, choice } = reader;
  const wholeSetting = (name: keyof typeof limits, usual: number, key: string = name): number => {
    const [least, greatest] = limits[name];
    return whole(key, least, greatest, usual);
  };
  const model: ModelSettings = {
    ...mixingFrom(reader, 'mixing'),
    depth: wholeSetting('depth', 3),
    width: wholeSetting('width', 32),
  };
  const hasRival = read('rival', (name) => isMixing(name) || undefined, false);
  const chosen: TrainSettings = {
    data: choice('data', ['digits', 'files']),
    size: wholeSetting('size', 32),
    channels: choice('channels', ['3', '1']) === '1' ? 1 : 3,
    levels: wholeSetting('levels', 2),
    model,
    parts: Object.fromEntries(otherParts.map(([menuKey, key]) => [key, partIn(reader, menuKey, key)])),
    rival: hasRival
      ? {
          ...mixingFrom(reader, 'rival'),
          depth: wholeSetting('depth', model.depth, 'rivalDepth'),
          width: wholeSetting('width', model.width, 'rivalWidth'),
        }
      : undefined,
    rate: number('rate', ...limits.rate, 0.006),
    batch: wholeSetting('batch', 16),
    steps: wholeSetting('steps', 1200),
    seed: wholeSetting('seed', 0),
  };
  // Kept while there is no rival.
  const rivalNames = hasRival ? [] : Object.keys(address).filter((name) => name.startsWith('rival'));
  return { ...chosen, unreadable: [...unreadable, ...unknown(...rivalNames)] };
}

/** The warm-up, as a share of the steps. */
const WARM_UP = 0.03;

/** The averaged weights follow fast enough for the first samples. */
const AVERAGE_DECAY = 0.9;

/** The configuration of a run, without the values it shares with the quick start. */
export function createConfig(
  { levels, parts, rate, batch, steps, seed }: TrainSettings,
  { mixing, mixingPart, depth, width }: ModelSettings,
): ConfigLayer {
  const layers = (section: string) =>
    Object.fromEntries(
      otherParts.flatMap(([menuKey, key]) => {
        const layer = menuKey.startsWith(section) ? partLayer(menuKey, parts[key]!) : undefined;
        return layer ? [[key, layer]] : [];
      }),
    );
  const { conditioner, ...others } = layers('model.');
  return {
    seed,
    model: {
      ...PAGE_COUPLINGS,
      levels,
      mixing: partLayer('model.mixing', mixingPart) ?? mixing,
      depth,
      ...others,
      conditioner: { ...conditioner, ...(hasWidth(parts) && { width }) },
    },
    training: {
      ...layers('training.'),
      learningRate: rate,
      batchSize: batch,
      microBatch: batch,
      steps,
      warmupSteps: Math.round(WARM_UP * steps),
      averageDecay: AVERAGE_DECAY,
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

/** Whether the networks in couplings have a width. */
export function hasWidth({ conditioner }: TrainSettings['parts']): boolean {
  return conditioner!.item.options.some(({ name }) => name === 'width');
}

function mixingFrom(reader: SettingsReader, key: string): Pick<ModelSettings, 'mixing' | 'mixingPart'> {
  const mixingPart = partIn(reader, 'model.mixing', key);
  return { mixing: mixingPart.item.name, mixingPart };
}

function isMixing(name: string): boolean {
  return menus['model.mixing']!.parts.some((part) => part.name === name);
}
