// The sections of the layer reference, in order, each with a figure that other pages can embed.
import type { Section } from './Chapter.tsx';
import { Actnorm, ShiftAndScale } from './sections/Actnorm.tsx';
import { Autoregressive, Settling } from './sections/Autoregressive.tsx';
import { Butterfly, Pairs } from './sections/Butterfly.tsx';
import { Circulants, Ring } from './sections/Circulants.tsx';
import { BentHalf, Couplings } from './sections/Couplings.tsx';
import { Exponential, Series } from './sections/Exponential.tsx';
import { FourCorners, FourFields } from './sections/FourCorners.tsx';
import { Frequencies, PeriodicFigure } from './sections/Frequencies.tsx';
import { Inverse, Wavefront } from './sections/Inverse.tsx';
import { Diagram, Levels } from './sections/Levels.tsx';
import { LowRank, TwoDeterminants } from './sections/LowRank.tsx';
import { Factors, Pointwise } from './sections/Pointwise.tsx';
import { Expected, Priors } from './sections/Priors.tsx';
import { Matrices, Triangles } from './sections/Triangles.tsx';

/** The sections: the whole model, the emerging convolution, then the other layers. */
export const layers: readonly Section[] = [
  { name: 'model', title: 'The whole model', Body: Levels, Figure: Diagram },
  {
    name: 'triangles',
    title: 'Emerging convolutions: two triangular matrices',
    Body: Triangles,
    Figure: Matrices,
  },
  {
    name: 'inverse',
    title: 'Emerging convolutions: the inverse',
    Body: Inverse,
    Figure: Wavefront,
  },
  { name: 'periodic', title: 'Periodic convolutions', Body: Frequencies, Figure: PeriodicFigure },
  { name: 'pointwise', title: 'Mixing channels: 1x1 convolutions', Body: Pointwise, Figure: Factors },
  { name: 'actnorm', title: 'Actnorm: a scale for every channel', Body: Actnorm, Figure: ShiftAndScale },
  { name: 'coupling', title: 'Couplings: one half transforms the other', Body: Couplings, Figure: BentHalf },
  { name: 'prior', title: 'Priors: predicting the details', Body: Priors, Figure: Expected },
  { name: 'finc', title: 'Four corners side by side', Body: FourCorners, Figure: FourFields },
  { name: 'convexp', title: 'The exponential of a convolution', Body: Exponential, Figure: Series },
  { name: 'woodbury', title: 'Woodbury: determinants of low rank', Body: LowRank, Figure: TwoDeterminants },
  { name: 'circulant', title: 'Circulant matrices: channels in a ring', Body: Circulants, Figure: Ring },
  {
    name: 'butterfly',
    title: 'Butterfly matrices: pairs at doubling distances',
    Body: Butterfly,
    Figure: Pairs,
  },
  { name: 'maf', title: 'Masked autoregressive layers', Body: Autoregressive, Figure: Settling },
];
