// The code that the room shows, as documents do; `virtual:excerpts` has its text.

/** By name, a document, and how a block of source code begins there. */
export const places = {
  chain: ['docs/layers/overview.md', 'forward(x, p, condition) {'],
  offsets: ['docs/layers/emerging.md', 'for (let row = 0;'],
  emergingForward: ['docs/layers/emerging.md', 'forward(x, p) {'],
  mask: ['docs/layers/emerging.md', 'for (let i = 0;'],
  cornerLogDet: ['docs/layers/emerging.md', 'const diagonal ='],
  wavefront: ['docs/layers/emerging.md', 'diagonals.forEach('],
  periodicLogDet: ['docs/layers/periodic.md', 'const perFrequency ='],
  periodicInverse: ['docs/layers/periodic.md', 'inverse(y, p) {'],
  plu: ['docs/layers/conv1x1.md', 'weight: (p) => product(permutation'],
  qr: ['docs/layers/conv1x1.md', 'weight: (p) => product(orthogonal'],
  squeeze: ['docs/layers/squeeze.md', 'forward(x) {'],
  flowStep: ['docs/layers/overview.md', "return chain('step'"],
} as const satisfies Record<string, readonly [page: string, start: string]>;

/** The name of an excerpt. */
export type ExcerptName = keyof typeof places;
