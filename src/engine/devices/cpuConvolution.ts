// The nodes of `denseConvolution` for ONNX Runtime's CPU provider.
import type { DenseConvolution } from '../../tensor/operations/denseConvolution.ts';
import { unfoldChannels as copies, type UnfoldedChannels } from '../../tensor/operations/shift.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { type Operator, onnxShape } from '../onnx/operators.ts';
import { unfoldChannels } from './cpuShifts.ts';

/**
 * A single image whose columns are the pixels of a row for all images: the next pixel is a batch of columns away, so taps
 * are dilated by that. The runtime's convolution makes the copies of a few columns at a time, in the cache, and multiplies
 * them there. It has none in float64.
 */
export const denseConvolution: Operator<DenseConvolution> = (emit, node, [x, kernel, bias]) => {
  const { inputs, attributes, shape } = node;
  const [image, { shape: kernelShape }] = inputs as [Tensor, Tensor];
  const [channels, height, width, images] = image.shape as [number, number, number, number];
  const [outputs, , taps] = kernelShape as [number, number, number];
  const reshaped = (value: string, to: readonly number[]): string =>
    emit.node('Reshape', [value, emit.integers(to)]);
  if (emit.precision === 'float32') {
    const side = Math.sqrt(taps);
    const reach = (side - 1) / 2;
    const one = reshaped(x!, [1, channels, height, width * images]);
    const square = reshaped(kernel!, [outputs, channels, side, side]);
    const pads = [reach, reach * images, reach, reach * images];
    const options = { kernel_shape: [side, side], dilations: [1, images], pads };
    return reshaped(emit.node('Conv', bias ? [one, square, bias] : [one, square], options), onnxShape(shape));
  }
  const shifted = copies(image, { offsets: attributes.offsets, boundary: 'zero' });
  const rows = reshaped(unfoldChannels(emit, shifted as Tensor<UnfoldedChannels>, [x!]), [
    taps * channels,
    -1,
  ]);
  const byTap = emit.node('Transpose', [kernel!], { perm: [0, 2, 1] });
  const added = bias ? [reshaped(bias, [outputs, 1])] : [];
  const result = emit.node('Gemm', [reshaped(byTap, [outputs, taps * channels]), rows, ...added]);
  return reshaped(result, onnxShape(shape));
};
