// Names and descriptions of a model's stages.
import type { StageDescription } from 'emerging-flows';
import { decimal } from '../../numbers.ts';

/** A stage's name and description. */
export interface StageWords {
  readonly name: string;
  /** The name within its level. */
  readonly short: string;
  readonly meaning: string;
}

/** Describes a stage, counting levels and steps from 1. */
export function stageWords({
  kind,
  level,
  step = 0,
  outputShape,
  latentShape,
}: StageDescription): StageWords {
  const named = (short: string, meaning: string): StageWords => ({
    name: `${short} of level ${level + 1}`,
    short,
    meaning,
  });
  switch (kind) {
    case 'pixelStep':
      return named(
        `Pixel step ${step + 1}`,
        'Every other pixel is transformed, conditioned on the pixels in between.',
      );
    case 'squeeze':
      return named(
        'Squeeze',
        `Each block of 2 × 2 pixels becomes one pixel with more channels: ${sizeOf(outputShape!)}.`,
      );
    case 'step':
      return named(
        `Flow step ${step + 1}`,
        'Channels are normalised and mixed; then a coupling transforms half of them, conditioned on the other half.',
      );
    case 'split':
      return named(
        'Split',
        `${latentShape![2]} channels become latents, shown here; ${outputShape![2]} continue to the next level.`,
      );
    case 'prior':
      return {
        ...named('Top', `All remaining channels become latents: ${sizeOf(latentShape!)}.`),
        name: 'Top',
      };
  }
}

/** The values that are black and white in a stage's picture. */
export function rangeWords([low, high]: readonly [low: number, high: number]): string {
  if (low === high) {
    return `${decimal(low, 1)} almost everywhere`;
  }
  const digits = decimal(low, 1) === decimal(high, 1) ? 3 : 1;
  return `${decimal(low, digits)} (black) to ${decimal(high, digits)} (white)`;
}

function sizeOf([height, width, channels]: readonly [number, number, number]): string {
  return `${height} × ${width} pixels with ${channels} channels`;
}
