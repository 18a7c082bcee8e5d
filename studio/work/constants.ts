// Constants shared by the page and its workers: labels of options, and the settings for measuring bits/dim.

/** The label. */
export const FIT = 'Fit other sizes and colours';

/** The label. */
export const TILES = 'Cut other sizes into tiles';

/** The preset that training in a page starts from. */
export const PAGE_PRESET = 'mnist-quickstart';

/** Couplings that take a fraction of the preset's time, and need few steps until samples have strokes. */
export const PAGE_COUPLINGS = { coupling: 'affine', checkerboard: 2, checkerboardWidth: 16 } as const;

/** The dequantisation draws and seed of `emerging score`. */
export const measured = { draws: 4, seed: 0, noiseByContent: true } as const;
