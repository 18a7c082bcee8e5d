// From real numbers to whole ones within a range: for what comes out of a program, so without gradients.
import { apply, type Operation, type Tensor } from '../tensor.ts';

const floorOperation: Operation<undefined> = {
  name: 'floor',
  shape: ([x]) => x!,
  lower: (emit, _, [x]) => emit.node('Floor', [x!]),
};

/** The largest whole number that is not greater than x; has no gradient. */
export function floor(x: Tensor): Tensor {
  return apply(floorOperation, [x], undefined) as Tensor;
}

const clipOperation: Operation<{ low: number; high: number }> = {
  name: 'clip',
  shape: ([x], { low, high }) => (low <= high ? x! : { problem: `no number lies in ${low} to ${high}` }),
  lower: (emit, { attributes: { low, high } }, [x]) =>
    emit.node('Clip', [x!, emit.reals(Float64Array.of(low), []), emit.reals(Float64Array.of(high), [])]),
};

/** x where it lies in `low` to `high`, else the nearer of the two; has no gradient. */
export function clip(x: Tensor, low: number, high: number): Tensor {
  return apply(clipOperation, [x], { low, high }) as Tensor;
}
