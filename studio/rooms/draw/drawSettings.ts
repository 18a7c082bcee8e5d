// The settings of the room Draw in its address.
import type { Settings } from '../../address.ts';
import { MOST_SEED, numberIn, wholeIn } from '../../numbers.ts';
import { readSettings } from '../../readSettings.ts';
import { DEFAULT_TEMPERATURE, MOST_SAMPLES, MOST_TEMPERATURE } from '../../sampling.ts';

/** What to sample. */
export interface DrawSettings {
  readonly temperature: number;
  readonly seed: number;
  readonly count: number;
  /** The class of all images by name; if empty, all classes in turn. */
  readonly class: string;
}

/** A sample: an image of a sheet, with its place on it from 1. */
export interface Sample extends Omit<DrawSettings, 'count'> {
  readonly place: number;
}

/** An interpolation. */
export interface InterpolationSettings {
  /** The samples at its ends. */
  readonly ends: readonly [Sample | undefined, Sample | undefined];
  /** The shown step. */
  readonly step: number;
}

/** The counts offered: squares fill a sheet. */
export const counts: readonly number[] = [16, 36, 64, 100];

/** Images per interpolation, ends included: enough for smooth motion. */
export const STEPS = 33;

/** The step in the middle. */
export const MIDDLE = (STEPS - 1) / 2;

/** Reads an address. */
export function drawSettings(address: Settings): {
  readonly drawn: DrawSettings;
  readonly interpolation: InterpolationSettings;
  readonly unreadable: readonly string[];
} {
  const { unreadable, unknown, number, whole, read } = readSettings(address);
  const chosen: { drawn: DrawSettings; interpolation: InterpolationSettings } = {
    drawn: {
      temperature: number('temperature', 0, MOST_TEMPERATURE, DEFAULT_TEMPERATURE),
      seed: whole('seed', 0, MOST_SEED, 0),
      count: whole('count', 1, MOST_SAMPLES, 64),
      class: address.class ?? '',
    },
    interpolation: {
      ends: [read('from', parseSample, undefined), read('to', parseSample, undefined)],
      step: whole('step', 0, STEPS - 1, MIDDLE),
    },
  };
  return { ...chosen, unreadable: [...unreadable, ...unknown('class')] };
}

/** A sample as text: place, seed, temperature and class. */
export function sampleText({ place: samplePlace, seed, temperature, class: name }: Sample): string {
  return [samplePlace, seed, temperature, ...(name === '' ? [] : [name])].join('-');
}

function parseSample(text: string): Sample | undefined {
  const [, ...parts] = /^(\d+)-(\d+)-([\d.]+)(?:-(.+))?$/.exec(text) ?? [];
  const samplePlace = wholeIn(parts[0], 1, MOST_SAMPLES);
  const seed = wholeIn(parts[1], 0, MOST_SEED);
  const temperature = numberIn(parts[2], 0, MOST_TEMPERATURE);
  return samplePlace === undefined || seed === undefined || temperature === undefined
    ? undefined
    : { place: samplePlace, seed, temperature, class: parts[3] ?? '' };
}

/** A short random seed that differs from the last one. */
export function otherSeed(seed: number): number {
  const drawn = Math.floor(Math.random() * 10_000);
  return drawn === seed ? drawn + 1 : drawn;
}
