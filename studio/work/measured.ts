// The settings for measuring bits/dim.

/** The dequantisation draws and seed of `emerging score`. */
export const measured = { draws: 4, seed: 0, noiseByContent: true } as const;
