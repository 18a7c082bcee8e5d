// How large an array on a device may be, as far as its adapter tells.

/** The limits of an adapter, in WebGPU's terms. */
export interface ArrayLimits {
  /** `maxStorageBufferBindingSize`: the most bytes that a program reaches through one binding. */
  readonly bindingBytes: number;
  /** `maxBufferSize`: the most bytes of an array. */
  readonly bufferBytes: number;
  /** `maxStorageBuffersPerShaderStage`: the bindings of a program. */
  readonly bindings: number;
}

/** Limits for adapters that don't report theirs: taken from Mesa's software adapter. */
const assumed: ArrayLimits = { bindingBytes: 2 ** 27, bufferBytes: 2 ** 29, bindings: 16 };

/**
 * The bindings of a program for each part of an array: an elementwise operation takes three arrays. Four vectors of eight
 * parts each were tried on 16 bindings, and were too many.
 */
const BINDINGS_PER_PART = 4;

/** The most bytes of an array on which elementwise operations work. */
export function mostArrayBytes({ bindingBytes, bufferBytes, bindings } = assumed): number {
  return Math.min(bufferBytes, bindingBytes * Math.floor(bindings / BINDINGS_PER_PART));
}
