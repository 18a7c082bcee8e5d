// The places of the excerpts shown in the room; `virtual:excerpts` has their text.

/** Lines of a source file: from the only one that contains `from` to the next that begins with `to`. */
export interface ExcerptPlace {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** The excerpts by name. */
export const places = {
  chain: { file: 'src/flows/contract/chain.ts', from: 'forward(x, p, condition) {', to: '    },' },
  offsets: {
    file: 'src/flows/layers/emerging.ts',
    from: 'for (let row = 0; row < side; row++) {',
    to: '    }',
  },
  emergingForward: { file: 'src/flows/layers/emerging.ts', from: 'forward(x, p) {', to: '    },' },
  mask: { file: 'src/flows/layers/corner.ts', from: 'for (let i = 0; i < channels; i++) {', to: '    }' },
  cornerLogDet: {
    file: 'src/flows/layers/corner.ts',
    from: 'const diagonal = once(',
    to: '    sum(logAbs(add(multiply(masked',
  },
  wavefront: {
    file: 'src/tensor/engine/graph/wavefront.ts',
    from: 'diagonals.forEach((diagonal, t) => {',
    to: '  });',
  },
  periodicLogDet: {
    file: 'src/flows/layers/periodic.ts',
    from: 'const perFrequency =',
    to: '      return { y: add',
  },
  periodicInverse: { file: 'src/flows/layers/periodic.ts', from: 'inverse(y, p) {', to: '    },' },
  plu: {
    file: 'src/flows/layers/conv1x1.ts',
    from: 'product(permutation(p), product(lower',
    to: '    logDet: (p)',
  },
  qr: {
    file: 'src/flows/layers/conv1x1.ts',
    from: 'product(orthogonal(p), triangular(p))',
    to: '    logDet: (p)',
  },
  squeeze: { file: 'src/flows/layers/squeeze.ts', from: 'forward(x) {', to: '    },' },
  flowStep: { file: 'src/flows/models/glow.ts', from: "return chain('step', {", to: '  });' },
} as const satisfies Record<string, ExcerptPlace>;

/** The name of an excerpt. */
export type ExcerptName = keyof typeof places;
