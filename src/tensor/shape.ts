// Shapes of symbolic tensors. All axes are known but the batch, which may stay open.

/**
 * The lengths of a tensor's axes. A negative length −n means n times the open batch: `[-1, 28, 28, 1]`
 * is a batch of any number of images, `[-784, 1]` the same pixels as rows. At most one axis of a shape is
 * open.
 */
export type Shape = readonly number[];

/** The length of a batch axis that is known only when the program runs. */
export const OPEN_BATCH = -1;

/** Whether some axis depends on the open batch. */
export function isOpen(shape: Shape): boolean {
  return shape.some((length) => length < 0);
}

/** The product of the lengths; negative if it is a multiple of the open batch. */
export function elementCount(shape: Shape): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** Whether two shapes are the same, axis by axis. */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((length, axis) => length === b[axis]);
}

/** A shape in the form of ONNX's Reshape: the one open axis is inferred. */
export function onnxShape(shape: Shape): number[] {
  return shape.map((length) => (length < 0 ? -1 : length));
}

/** A shape as text: `[N, 28, 28, 1]`, with N for the open batch. */
export function showShape(shape: Shape): string {
  return `[${shape.map((length) => (length < 0 ? (length === -1 ? 'N' : `${-length}·N`) : length)).join(', ')}]`;
}

/** The shape that two operands broadcast to, aligned at their last axes, or undefined if they do not fit. */
export function broadcastShapes(a: Shape, b: Shape): Shape | undefined {
  const rank = Math.max(a.length, b.length);
  const out: number[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const leftLength = a[axis - rank + a.length] ?? 1;
    const right = b[axis - rank + b.length] ?? 1;
    if (leftLength !== right && leftLength !== 1 && right !== 1) {
      return undefined;
    }
    out.push(leftLength === 1 ? right : leftLength);
  }
  return out;
}
