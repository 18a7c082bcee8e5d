// Circulant matrices: each row is the previous one, shifted by one.

/** The circulant matrix with this first row, K[a, b] = c[(b − a) mod C]. */
export function circulantOf(first: readonly number[]): number[][] {
  const size = first.length;
  return first.map((_, a) => first.map((__, b) => first[(b - a + size) % size]!));
}

/** The absolute values of a row's discrete Fourier transform, which are its circulant matrix's |eigenvalues|. */
export function spectrumOf(first: readonly number[]): number[] {
  return first.map((_, f) => {
    const turn = (2 * Math.PI * f) / first.length;
    const part = (of: (angle: number) => number): number =>
      first.reduce((sum, value, index) => sum + value * of(turn * index), 0);
    return Math.hypot(part(Math.cos), part(Math.sin));
  });
}
