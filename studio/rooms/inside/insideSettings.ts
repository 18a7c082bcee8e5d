// The settings of the room Inside in its address.
import type { Settings } from '../../address.ts';
import { MOST_SEED } from '../../numbers.ts';
import { readSettings } from '../../readSettings.ts';
import { DEFAULT_TEMPERATURE, MOST_SAMPLES, MOST_TEMPERATURE } from '../../sampling.ts';
import type { Precision } from '../../work/arithmetic.ts';
import { DIGITS_COUNT } from '../../work/digits.ts';

/** The chosen image, precision and class. */
export interface InsideSettings {
  readonly image: 'sample' | 'digit' | 'file' | 'drawing';
  /** The seed of the sample. */
  readonly seed: number;
  /** The place of the sample on the sheet of this seed, from 1. */
  readonly place: number;
  /** The temperature of the sample. */
  readonly temperature: number;
  /** The class of the sample, by name; if empty, its place's. */
  readonly sampled: string;
  /** The number of the digit, from 1. */
  readonly digit: number;
  /** The pixels of a drawing, packed; empty without one. */
  readonly drawing: string;
  readonly precision: Precision;
  /** The class used to encode and decode, by name; if empty, the most probable one. */
  readonly class: string;
}

/** Reads an address. */
export function insideSettings(
  address: Settings,
): InsideSettings & { readonly unreadable: readonly string[] } {
  const { unreadable, unknown, choice, number, whole } = readSettings(address);
  const chosen = {
    image: choice('image', ['sample', 'digit', 'file', 'drawing']),
    seed: whole('seed', 0, MOST_SEED, 0),
    place: whole('place', 1, MOST_SAMPLES, 1),
    temperature: number('temperature', 0, MOST_TEMPERATURE, DEFAULT_TEMPERATURE),
    sampled: address.sampled ?? '',
    digit: whole('digit', 1, DIGITS_COUNT, 1),
    drawing: address.drawing ?? '',
    precision: choice('precision', ['float32', 'float64']),
    class: address.class ?? '',
  };
  return { ...chosen, unreadable: [...unreadable, ...unknown('sampled', 'drawing', 'class', 'edits')] };
}
