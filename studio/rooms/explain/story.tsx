// The steps of the story, each with something to do.
import type { ComponentChildren, ComponentType } from 'preact';
import { Term } from '../../parts/Term.tsx';
import type { StoryNumber } from './storySettings.ts';

/** A step. */
interface Step {
  readonly title: string;
  /** What the reader does. */
  readonly doing: string;
  /** Loads what there is to do. */
  load(): Promise<ComponentType>;
  /** The numbers that the reader changes. */
  readonly numbers?: readonly StoryNumber[];
  /** Whether it shows the reader's drawing. */
  readonly showsDrawing?: boolean;
  /** What to remember. */
  readonly inShort: ComponentChildren;
}

/** The steps, in order. */
export const story: readonly Step[] = [
  {
    title: 'Noise becomes digits',
    doing: 'Change the temperature of the noise.',
    load: async () => (await import('./NoiseStep.tsx')).NoiseStep,
    numbers: ['temperature', 'seed'],
    inShort: (
      <>
        a <Term of="normalizing-flow">normalizing flow</Term> is a network whose every layer can be undone, so
        it runs both ways: from images to noise and back. The <Term of="temperature">temperature</Term> scales
        the noise: low gives safe and similar images, high gives varied and odd ones.
      </>
    ),
  },
  {
    title: 'Draw your own',
    doing: 'Turn your digit into noise, and get it back.',
    load: async () => (await import('./DrawStep.tsx')).DrawStep,
    showsDrawing: true,
    inShort: (
      <>
        every image has noise of its own, its <Term of="latent">latents</Term>. The image gives the latents,
        and the latents give back the image: nothing is lost.
      </>
    ),
  },
  {
    title: 'What does it cost?',
    doing: 'Spoil a digit, and watch its price rise.',
    load: async () => (await import('./CostStep.tsx')).CostStep,
    numbers: ['noise'],
    showsDrawing: true,
    inShort: (
      <>
        a flow computes how likely each image is. <Term of="bitsdim">Bits/dim</Term> are the price of storing
        the image, in bits per pixel: the likelier the image, the fewer. Noise is expensive, because nothing
        predicts it: strong noise costs more than storing the image uncompressed.
      </>
    ),
  },
  {
    title: 'Fool it',
    doing: 'Make an image likelier than every real digit.',
    load: async () => (await import('./FoolStep.tsx')).FoolStep,
    numbers: ['rubbed'],
    showsDrawing: true,
    inShort: (
      <>
        likely isn’t the same as typical. An image is <Term of="typicality">typical</Term> if it needs about
        as many bits as real images do; far fewer is as odd as far more.
      </>
    ),
  },
  {
    title: 'Undo a convolution',
    doing: 'Undo one that can’t be undone, then one that can.',
    load: async () => (await import('./UndoStep.tsx')).UndoStep,
    inShort: (
      <>
        an <Term of="emerging-convolution">emerging convolution</Term> is two convolutions in a row: one looks
        only right and down, the other only left and up. Together they see all neighbours. Each can be undone
        exactly: the pixel in one corner needs no other, and each pixel after it only those already undone.
      </>
    ),
  },
];
