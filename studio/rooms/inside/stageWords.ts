// Names and descriptions of a model's stages.
import type { StageDescription } from 'emerging-flows';

/** A stage's name and description. */
export interface StageWords {
  readonly name: string;
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
  const place = `of level ${level + 1}`;
  switch (kind) {
    case 'pixelStep':
      return {
        name: `Pixel step ${step + 1} ${place}`,
        meaning: 'Every other pixel is transformed, conditioned on the pixels in between.',
      };
    case 'squeeze':
      return {
        name: `Squeeze ${place}`,
        meaning: `Each block of 2 x 2 pixels becomes one pixel with more channels: ${sizeOf(outputShape!)}.`,
      };
    case 'step':
      return {
        name: `Flow step ${step + 1} ${place}`,
        meaning:
          'Channels are normalised and mixed; then a coupling transforms half of them, conditioned on the other half.',
      };
    case 'split':
      return {
        name: `Split ${place}`,
        meaning: `${latentShape![2]} channels become latents; ${outputShape![2]} continue to the next level.`,
      };
    case 'prior':
      return {
        name: 'Top',
        meaning: `All remaining channels become the latents ${place}: ${sizeOf(latentShape!)}.`,
      };
  }
}

function sizeOf([height, width, channels]: readonly [number, number, number]): string {
  return `${height} x ${width} pixels with ${channels} channels`;
}
