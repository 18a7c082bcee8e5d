// The essay's sections, in order, each with a figure that other pages can embed.
import type { Section } from './Chapter.tsx';
import { Race, RecordedRace } from './race/Race.tsx';
import { Corners, ReceptiveFields } from './sections/Corners.tsx';
import { Flow, ImageAndNoise } from './sections/Flow.tsx';
import { Flow2D, Plane } from './sections/Plane.tsx';
import { Undo, UndoConvolution } from './sections/Undo.tsx';

/** The sections. */
export const essay: readonly Section[] = [
  { name: 'plane', title: 'A flow bends space', Body: Plane, Figure: Flow2D },
  { name: 'flows', title: 'An image is a point, too', Body: Flow, Figure: ImageAndNoise },
  { name: 'undo', title: 'Layers that can be undone', Body: Undo, Figure: UndoConvolution },
  { name: 'corners', title: 'Two corners see everything', Body: Corners, Figure: ReceptiveFields },
  { name: 'race', title: 'Does seeing more pay?', Body: Race, Figure: RecordedRace },
];
