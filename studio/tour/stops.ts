// The stops of the tour.
import type { Settings } from '../address.ts';

/** A stop: a place in the studio, and what to know about it. */
interface Stop {
  readonly room: string;
  readonly settings?: Settings;
  /** The element that it is about. */
  readonly target: string;
  readonly title: string;
  readonly text: string;
}

/** The stops, in order. */
export const stops: readonly Stop[] = [
  {
    room: 'draw',
    target: '.draw-sheet',
    title: 'Images from noise',
    text: 'Each of these images was random noise. A normalizing flow, a network that can be run backwards, turned it into an image.',
  },
  {
    room: 'draw',
    target: '.draw .room-controls',
    title: 'How far from the average?',
    text: 'The temperature scales the noise: low values give similar, smooth images, high values varied and odd ones. Select an image to see its bits/dim, which measure how likely it is.',
  },
  {
    room: 'inside',
    target: '.stages-panel',
    title: 'One image, stage by stage',
    text: 'Here an image is on its way to noise. Scrub through the stages to see what each makes of it, how many bits the image needs so far, and the arithmetic at one pixel.',
  },
  {
    room: 'how',
    settings: { section: 'plane' },
    target: '.plane-main',
    title: 'A flow small enough to see',
    text: 'The same idea for points in a plane: the flow learns to bend the data into noise. Press Train, or draw your own data.',
  },
  {
    room: 'how',
    settings: { section: 'undo' },
    target: '#how-undo .how-figure',
    title: 'Why emerging convolutions?',
    text: 'They see all neighbours and can still be undone. Try it on a drawing. The recorded race below compares them with 1 × 1 convolutions, which see no neighbours.',
  },
];

/** The stop of a page: the one nearest to `current`, from 0; undefined if the tour doesn't visit the page. */
export function nearestStop(current: number, room: string, settings: Settings): number | undefined {
  const matchingStops = stops.flatMap((candidate, index) =>
    candidate.room === room &&
    Object.entries(candidate.settings ?? {}).every(([name, value]) => settings[name] === value)
      ? [index]
      : [],
  );
  return matchingStops.toSorted((first, second) => Math.abs(first - current) - Math.abs(second - current))[0];
}
