// Where the excerpts of the sources are that the pages of the layers show, beside those of the studio.
import type { ExcerptPlace } from '../studio/rooms/how/places.ts';

const flows = (file: string, from: string, to: string): ExcerptPlace => ({
  file: `src/flows/${file}.ts`,
  from,
  to,
});

/** The excerpts by name. */
export const places = {
  bijection: flows('bijection', '/** The transformed images and the log', '  inverse(y: Tensor'),
  actnorm: flows('actnorm', 'forward(x, p) {', '    inverse(y, p) {'),
  actnormStart: flows('actnorm', "const bias = p.get('bias'", '  return { y: multiply'),
  squeezeInverse: flows('squeeze', 'inverse(y) {', '    },'),
  free: flows('conv1x1', "weight: (p) => p.get('weight')", '    logDet: (p)'),
  householder: flows('conv1x1', 'const orthogonal = (p: Parameters)', '  };'),
  emergingInverse: flows('emerging', 'inverse: (y, p) =>', '      factors.reduceRight'),
  emergingSolve: flows('emerging', 'solve: (y, kernel) =>', '          : solveCorner'),
  tileInverse: {
    file: 'src/numeric/cornerTiles.ts',
    from: 'const first = invert(',
    to: '  return blocks',
  },
  tileNeighbours: {
    file: 'src/numeric/cornerTiles.ts',
    from: '/** The block of −Tₙ·T₀⁻¹ for a pair of pixels. */',
    to: '    };',
  },
  periodicMatrices: flows('periodic', 'function frequencyMatrices(', '}'),
  convexpScale: flows('convolutionExponential', 'const tapsOf = (p: Parameters)', '  };'),
  convexp: flows('convolutionExponential', 'forward(x, p) {', '    inverse: (y, p)'),
  finc: flows('fourCorners', 'const blockDiagonal =', '      return { y: add'),
  fincInverse: flows('fourCorners', 'inverse(y, p) {', '    },'),
  fincFlips: flows('fourCorners', 'const flips =', 'const flips'),
  woodbury: flows('woodbury', 'forward(x, p) {', '    },'),
  woodburyInverse: flows('woodbury', 'inverse: (y, p) =>', '      ),'),
  woodburyParts: flows('woodbury', "return woodburyOf('woodbury', shape, [", '  ]);'),
  woodburyMeParts: flows('woodbury', "return woodburyOf('woodbury-me', shape, [", '  ]);'),
  circulant: flows('circulant', 'forward(x, p) {', '    },'),
  circulantInverse: flows('circulant', 'function inverseRow(', '}'),
  butterfly: flows('butterfly', 'forward(x, p) {', '    },'),
  butterflyFactor: flows('butterfly', 'const partners =', '  };'),
  butterflyInverse: flows('butterfly', 'function inverseOf(', '}'),
  maf: flows('maf', 'forward(x, p) {', '    },'),
  mafOnce: flows('maf', 'const forwardOnce =', '  };'),
  mafInverse: flows('maf', 'const inverseOnce =', '    });'),
  mafMask: flows('maf', 'for (let tap = centre;', '  }'),
  couplingScale: flows('coupling', 'const shiftAndScale = (a: Tensor', '  };'),
  couplingAffine: flows('coupling', 'const { shift, scale, logScale } =', '      };'),
  couplingAdditive: flows('coupling', 'const shift = (a: Tensor, p: Parameters)', '    };'),
  couplingNetwork: flows('coupling', 'function networkOf(a: Tensor', '}'),
  splineBins: flows('rationalQuadraticSpline', 'const shares = add(multiply(softmax', '  return { starts'),
  splineForward: flows('rationalQuadraticSpline', 'forward(value) {', '    },'),
  splineInverse: flows('rationalQuadraticSpline', 'inverse(value) {', '    },'),
  standardise: flows('prior', 'function standardise(', '}'),
  split: flows('prior', 'const [y, z] = splitChannels(x', '    inverse: (y, epsilon, p)'),
  topPrior: flows('prior', "const edge = reshape(p.get('edgeKernel')", '    return { mean'),
  dequantise: {
    file: 'src/models/glow.ts',
    from: 'dequantise(image: Tensor, u: Tensor): Tensor {',
    to: '  }',
  },
  logLikelihood: {
    file: 'src/models/glow.ts',
    from: 'logLikelihood({ logPrior, logDet, logNoise }',
    to: '  }',
  },
} as const satisfies Record<string, ExcerptPlace>;
