// How fast this machine trains the paper's models: the time that each row of its table would take here.
import { join } from 'node:path';
import type { Interruption } from '../../src/cli/terminal/interruption.ts';
import type { Preset } from '../../src/experiments/presets.ts';
import { resolveConfig } from '../../src/experiments/resolve.ts';
import { scheduleOf } from '../../src/experiments/schedule.ts';
import { readJson, writeJson } from '../../src/storage/jsonFile.ts';
import { machine } from '../shared/machine.ts';
import { asOptions, callEmerging } from '../shared/processes.ts';

/** The measured rate of one preset's model. */
export interface PaperRate {
  readonly imagesPerSecond: number;
  /** Images of each timed step. */
  readonly batch: number;
  readonly rounds: number;
  readonly machine: string;
}

/** Small enough for every model of the paper to fit in the memory of an ordinary machine. */
const BATCH = 8;
const ROUNDS = 1;

/** The measured rates, by preset name. */
export function readPaperRates(folder: string): Record<string, PaperRate> {
  return readJson(ratesPath(folder)) ?? {};
}

/** Measures the rates of presets without one, storing each immediately; a stop loses at most one. */
export async function measurePaperRates(
  folder: string,
  presets: readonly Preset[],
  interruption: Interruption,
): Promise<void> {
  for (const preset of presets) {
    const known = readPaperRates(folder);
    if (known[preset.name] === undefined) {
      process.stderr.write(`timing ${preset.name}\n`);
      const { code, json } = await callEmerging(
        interruption,
        ...['bench', 'train', '--no-products', ...benchOptions(preset)],
      );
      interruption.signal.throwIfAborted();
      if (code === 0) {
        const rate = { imagesPerSecond: Number(json.imagesPerSecond), batch: BATCH, rounds: ROUNDS };
        writeJson(ratesPath(folder), { ...known, [preset.name]: { ...rate, machine: machine() } }, 2);
      } else {
        process.stderr.write(`${preset.name} could not be timed: ${json.error}\n`);
      }
    }
  }
}

/** The hours of all steps of a preset at a rate. */
export function hoursOf(preset: Preset, trainingImages: number, { imagesPerSecond }: PaperRate): number {
  const config = resolveConfig({ preset: preset.name });
  const { totalSteps } = scheduleOf(config, trainingImages);
  return (totalSteps * config.training.batchSize) / imagesPerSecond / 3600;
}

function benchOptions(preset: Preset): string[] {
  const { model } = resolveConfig({ preset: preset.name });
  const [size, , channels] = preset.imageShape;
  return asOptions({
    mixing: model.mixing,
    levels: model.levels,
    depth: model.depth,
    width: model.width,
    kernelSize: model.kernelSize,
    size,
    channels,
    batch: BATCH,
    rounds: ROUNDS,
  });
}

function ratesPath(folder: string): string {
  return join(folder, 'paper-rates.json');
}
