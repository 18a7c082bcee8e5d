// Constants shared by the page and its workers: labels of options, and the settings for measuring bits/dim.

/** The label. */
export const FIT = 'Fit other sizes and colours';

/** The label. */
export const TILES = 'Cut other sizes into tiles';

/** The preset that training starts from: its couplings train fast enough in a page. */
export const PAGE_PRESET = 'paper-mnist-quickstart';

/** The dequantisation draws and seed of `emerging score`. */
export const measured = { draws: 4, seed: 0, noiseByContent: true } as const;
