// Circulant matrices: each row is the one above, one place further.

/** The circulant matrix whose first row is given, K[a, b] = c[(b − a) mod C]. */
export function circulantOf(first: readonly number[]): number[][] {
  const size = first.length;
  return first.map((_, a) => first.map((__, b) => first[(b - a + size) % size]!));
}

/** The absolute values of the discrete Fourier transform of a row: of the eigenvalues of its circulant matrix. */
export function spectrumOf(first: readonly number[]): number[] {
  return first.map((_, f) => {
    const turn = (2 * Math.PI * f) / first.length;
    const part = (of: (angle: number) => number): number =>
      first.reduce((sum, value, index) => sum + value * of(turn * index), 0);
    return Math.hypot(part(Math.cos), part(Math.sin));
  });
}
