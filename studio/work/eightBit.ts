// The page shows images of 8-bit integers.
import { type FlowModel, UserError } from 'emerging-flows';

/** What a model returns: values of one of several kinds. */
type Values = Awaited<ReturnType<FlowModel['sample']>>;

/**
 * The pixels of an 8-bit model.
 *
 * @throws UserError (`unsupported`) if the model has other values
 */
export function eightBit(values: Values): Uint8Array {
  if (!(values instanceof Uint8Array)) {
    throw new UserError(
      'unsupported',
      'this page shows models of 8-bit images: use this one with the command line or the library',
    );
  }
  return values;
}
