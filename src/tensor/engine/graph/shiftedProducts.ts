// The last pass over a graph with the batch last, after all gradients are computed: it saves copies around the products of
// shifted images, and orders the kernels of dense convolutions as runtimes take them. Finite values don't change.
import { pulledBack } from '../../gradients/gradient.ts';
import {
  type FoldedChannels,
  foldChannelsOperation,
  type UnfoldedChannels,
  unfoldChannelsOperation,
} from '../../operations/convolution.ts';
import { denseConvolutionOperation, runtimeConvolution } from '../../operations/denseConvolution.ts';
import { concatenate, concatenated, pad, reshape, reshapeSource, sliced } from '../../operations/layout.ts';
import { product, productOperation, type Transposition } from '../../operations/linearAlgebra.ts';
import { apply, isComputedBy, type Tensor } from '../../tensor.ts';
import { type Pass, soleUsers } from './rewrite.ts';

/** The pass: products also compute the zeros that sums of shifts read outside an image, and copies are made in the parts used. */
export function shiftedProducts(order: readonly Tensor[], results: readonly Tensor[]): Pass {
  const user = soleUsers(order, results);
  const isCut = cutCopies(order, results);
  return {
    gradients: pulledBack,
    make(tensor, lookup) {
      if (isComputedBy(denseConvolutionOperation, tensor)) {
        return runtimeConvolution(tensor, tensor.inputs.map(lookup));
      }
      const replacement =
        (isComputedBy(foldChannelsOperation, tensor) && sumOfProducts(tensor, user, lookup)) ||
        partOfCopies(tensor, isCut, lookup);
      return replacement || apply(tensor.operation, tensor.inputs.map(lookup), tensor.attributes);
    },
  };
}

/** A product without a bias, whose right operand is not transposed. */
type Product = Tensor<Transposition>;

/**
 * The sum of shifted products M·X. The product gets a row of zeros, from one more in M: the sum reads it outside the image,
 * where it would otherwise copy the whole product to append one.
 */
function sumOfProducts(
  tensor: Tensor<FoldedChannels>,
  user: ReadonlyMap<Tensor, Tensor>,
  lookup: (tensor: Tensor) => Tensor,
): Tensor | undefined {
  const channels = tensor.shape[0]!;
  const grid = tensor.inputs[0]!.shape.slice(1);
  const { offsets, boundary } = tensor.attributes;
  const matrix = reshapeSource(tensor.inputs[0]!);
  const taps = offsets.length;
  if (
    matrix?.rank !== 2 ||
    matrix.shape[0] !== taps * channels ||
    !user.has(tensor.inputs[0]!) ||
    !user.has(matrix)
  ) {
    return undefined;
  }
  const parts = concatenated(matrix, 1) ?? [matrix];
  if (!parts.every((part): part is Product => isPlainProduct(part) && user.has(part))) {
    return undefined;
  }
  const inner = parts[0]!.inputs[1]!.shape[0]!;
  if (boundary !== 'zero' || inner > MOST_PER_ROW * taps * channels) {
    return undefined;
  }
  const padded = new Map<Tensor, Tensor>();
  const products = parts.map(({ inputs, attributes: { transposeA } }) => {
    const [m, x] = inputs.map(lookup) as [Tensor, Tensor];
    const withZeros = padded.get(m) ?? pad(m, transposeA ? 1 : 0, 0, 1);
    padded.set(m, withZeros);
    return product(withZeros, x, { transposeA });
  });
  const rows = taps * channels + 1;
  const perTap = reshape(concatenate(products, 1), [rows, ...grid]);
  return apply(foldChannelsOperation, [perTap], { ...tensor.attributes, zeros: true }) as Tensor;
}

/** With more terms per sum than so many times its rows, a product takes longer with a row of zeros than the copy would. */
const MOST_PER_ROW = 4;

function isPlainProduct(tensor: Tensor): tensor is Product {
  return (
    isComputedBy(productOperation, tensor) && tensor.inputs.length === 2 && !tensor.attributes.transposeB
  );
}

/** Whether shifted copies, as a matrix, are used in parts only, each of whole pixels: those are copied one by one. */
function cutCopies(order: readonly Tensor[], results: readonly Tensor[]): (matrix: Tensor) => boolean {
  const usedWhole = new Set(results);
  for (const tensor of order) {
    const range = sliced(tensor);
    const images = range?.axis === 1 ? findShiftedCopies(range.source)?.shape[3] : undefined;
    const isPart = images && images > 0 && range!.start % images === 0 && range!.end % images === 0;
    for (const input of isPart ? [] : tensor.inputs) {
      usedWhole.add(input);
    }
  }
  return (matrix) => !usedWhole.has(matrix);
}

/** A part of shifted copies that are used in parts only. */
function partOfCopies(
  tensor: Tensor,
  isCut: (matrix: Tensor) => boolean,
  lookup: (tensor: Tensor) => Tensor,
): Tensor | undefined {
  const range = sliced(tensor);
  const copies = range?.axis === 1 && isCut(range.source) ? findShiftedCopies(range.source) : undefined;
  if (!range || !copies) {
    return undefined;
  }
  const images = copies.shape[3]!;
  const pixels = [range.start / images, range.end / images] as const;
  const attributes = { ...copies.attributes, pixels };
  const part = apply(unfoldChannelsOperation, [lookup(copies.inputs[0]!)], attributes);
  return reshape(part as Tensor, tensor.shape);
}

/** The shifted copies that a matrix with a row for each of their channels is a reshape of. */
function findShiftedCopies(matrix: Tensor): Tensor<UnfoldedChannels> | undefined {
  const source = reshapeSource(matrix);
  const isOfRows = matrix.rank === 2 && source?.shape[0] === matrix.shape[0];
  return source && isOfRows && isComputedBy(unfoldChannelsOperation, source) ? source : undefined;
}
