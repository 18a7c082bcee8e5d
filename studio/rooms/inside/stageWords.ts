// The stages of a model in words.
import type { StageDescription } from 'emerging-flows';

/** The name of a stage, and what it does. */
export interface StageWords {
  readonly name: string;
  readonly meaning: string;
}

/** A stage in words. Levels and steps are counted from 1. */
export function stageWords({
  kind,
  level,
  step = 0,
  outputShape,
  latentShape,
}: StageDescription): StageWords {
  const place = `of level ${level + 1}`;
  switch (kind) {
    case 'squeeze':
      return {
        name: `Squeeze ${place}`,
        meaning: `Each block of 2 x 2 pixels becomes one pixel: now ${sizeOf(outputShape!)}.`,
      };
    case 'step':
      return {
        name: `Flow step ${step + 1} ${place}`,
        meaning:
          'Channels are normalised, mixed, and half of them are moved and scaled by what a network sees in the others.',
      };
    case 'split':
      return {
        name: `Split ${place}`,
        meaning: `${latentShape![2]} channels are kept as latents; ${outputShape![2]} go on.`,
      };
    case 'prior':
      return {
        name: 'Top',
        meaning: `All that is left becomes the latents ${place}: ${sizeOf(latentShape!)}.`,
      };
  }
}

function sizeOf([height, width, channels]: readonly [number, number, number]): string {
  return `${height} x ${width} pixels with ${channels} channels`;
}
