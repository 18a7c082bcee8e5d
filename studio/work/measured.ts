// How the page measures images.

/** The dequantisation draws of a bits/dim, and their seed: those of `emerging score`. */
export const measured = { draws: 4, seed: 0, noiseByContent: true } as const;
