// The excerpts of the sources shown on the layer pages, in addition to the studio's.
import type { ExcerptPlace } from '../studio/rooms/how/places.ts';

const flows = (file: string, from: string, to: string): ExcerptPlace => ({
  file: `src/flows/${file}.ts`,
  from,
  to,
});

/** The excerpts by name. */
export const places = {
  bijection: flows('contract/bijection', '/** The transformed images and the log', '  inverse(y: Tensor'),
  actnorm: flows('layers/actnorm', 'forward(x, p) {', '    inverse(y, p) {'),
  actnormStart: flows('layers/actnorm', "const bias = p.get('bias'", '  return { y: multiply'),
  squeezeInverse: flows('layers/squeeze', 'inverse(y) {', '    },'),
  free: flows('layers/conv1x1', "weight: (p) => p.get('weight')", '    logDet: (p)'),
  householder: flows('layers/conv1x1', 'const orthogonal = (p: Parameters)', '  };'),
  emergingInverse: flows('layers/emerging', 'inverse: (y, p) =>', '      factors.reduceRight'),
  emergingSolve: flows('layers/emerging', 'solve: (y, kernel) =>', '          : solveCorner'),
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
  periodicMatrices: flows('layers/periodic', 'function frequencyMatrices(', '}'),
  convexpScale: flows('layers/convolutionExponential', 'const tapsOf = (p: Parameters)', '  };'),
  convexp: flows('layers/convolutionExponential', 'forward(x, p) {', '    inverse: (y, p)'),
  finc: flows('layers/fourCorners', 'const blockDiagonal =', '      return { y: add'),
  fincInverse: flows('layers/fourCorners', 'inverse(y, p) {', '    },'),
  fincFlips: flows('layers/fourCorners', 'const flips =', 'const flips'),
  woodbury: flows('layers/woodbury', 'forward(x, p) {', '    },'),
  woodburyInverse: flows('layers/woodbury', 'inverse: (y, p) =>', '      ),'),
  woodburyParts: flows('layers/woodbury', "return woodburyOf('woodbury', shape, [", '  ]);'),
  woodburyMeParts: flows('layers/woodbury', "return woodburyOf('woodbury-me', shape, [", '  ]);'),
  circulant: flows('layers/circulant', 'forward(x, p) {', '    },'),
  circulantInverse: flows('layers/circulant', 'function inverseRow(', '}'),
  butterfly: flows('layers/butterfly', 'forward(x, p) {', '    },'),
  butterflyFactor: flows('layers/butterfly', 'const partners =', '  };'),
  butterflyInverse: flows('layers/butterfly', 'function inverseOf(', '}'),
  maf: flows('layers/maf', 'forward(x, p) {', '    },'),
  mafOnce: flows('layers/maf', 'const forwardOnce =', '  };'),
  mafInverse: flows('layers/maf', 'const inverseOnce =', '    });'),
  mafMask: flows('layers/maf', 'for (let tap = centre;', '  }'),
  couplingScale: flows('coupling/affine', 'const shiftAndScale = (numbers: Tensor', '  };'),
  couplingAffine: flows('coupling/affine', 'forward(x, numbers) {', '    },'),
  couplingAdditive: flows('coupling/additive', 'forward: (x, shift)', '    inverse: (y, shift)'),
  couplingNetwork: flows('coupling/glowConditioner', 'forward(image, p) {', '      },'),
  splineBins: flows(
    'coupling/rationalQuadraticSpline',
    'const shares = add(multiply(softmax',
    '  return { starts',
  ),
  splineForward: flows('coupling/rationalQuadraticSpline', 'forward(value) {', '    },'),
  splineInverse: flows('coupling/rationalQuadraticSpline', 'inverse(value) {', '    },'),
  standardise: flows('priors/prior', 'function standardise(', '}'),
  split: flows('priors/prior', 'const [y, z] = splitChannels(x', '    inverse: (y, epsilon, p)'),
  topPrior: flows('priors/prior', "const edge = reshape(p.get('edgeKernel')", '    return { mean'),
  dequantise: {
    file: 'src/models/stagedFlow.ts',
    from: 'dequantise(image: Tensor, u: Tensor): Tensor {',
    to: '  }',
  },
  logLikelihood: {
    file: 'src/models/stagedFlow.ts',
    from: 'logLikelihood({ logPrior, logDet, logNoise }',
    to: '  }',
  },
} as const satisfies Record<string, ExcerptPlace>;
