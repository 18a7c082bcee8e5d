// How the layer of each mixing is undone, by name.
import type { InverseMethod } from '../engine/graph/prepare.ts';
import type { Mixing } from '../models/mixing.ts';

/** How a layer is undone. */
export type LayerInverse = InverseMethod | 'product' | 'frequencies' | 'fixed-point' | 'order';

/** How each mixing's own layer is undone if nothing else is said. */
export const ownMethods: Record<Mixing, LayerInverse> = {
  emerging: 'wavefront',
  '1x1': 'product',
  '1x1-plu': 'product',
  '1x1-qr': 'product',
  periodic: 'frequencies',
  maf: 'fixed-point',
  reverse: 'order',
  shuffle: 'order',
};
