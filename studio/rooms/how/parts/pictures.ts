// Small pictures for the figures, computed so that they come in every size.

/** A grey picture of a ring with a bar, with values about −0.5 to 0.5, row by row. */
export function ringPicture(size: number): number[] {
  return Array.from({ length: size * size }, (_, pixel) => {
    const row = (Math.floor(pixel / size) + 0.5) / size - 0.5;
    const column = ((pixel % size) + 0.5) / size - 0.5;
    const ring = Math.exp(-(((Math.hypot(row, column) - 0.3) / 0.085) ** 2));
    const bar = Math.abs(column) < 0.3 ? Math.exp(-((row / 0.06) ** 2)) : 0;
    const gap = column > 0.05 && row > 0.03 && row < 0.17 ? 0 : 1;
    return Math.max(ring * gap, bar) - 0.5;
  });
}

/** A picture of the sun above the sea, `[pixel][channel]` with values from 0 to 1. */
export function seaPicture(size: number): number[][] {
  return Array.from({ length: size * size }, (_, pixel) => {
    const row = (Math.floor(pixel / size) + 0.5) / size;
    const column = ((pixel % size) + 0.5) / size;
    if (row > 0.62) {
      const wave = 0.08 * Math.sin(9 * row * (1 + row) * 4 + 5 * column);
      const glint = Math.abs(column - 0.62) < 0.07 + 0.1 * (row - 0.62) ? 0.35 : 0;
      return [0.1 + glint + wave, 0.3 + 0.7 * glint + wave, 0.45 + 0.3 * glint + wave];
    }
    const sun = 1 / (1 + Math.exp((Math.hypot(row - 0.4, column - 0.62) - 0.19) * 60));
    const sky = [0.95 - 0.5 * (0.62 - row), 0.55 + 0.1 * (0.62 - row), 0.45 + 0.6 * (0.62 - row)];
    return sky.map((value, channel) => value * (1 - sun) + [1, 0.93, 0.7][channel]! * sun);
  });
}
