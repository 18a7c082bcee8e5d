// A loaded ONNX model, whichever build of ONNX Runtime has loaded it.
import type { NdArray } from '../../core/numeric/index.ts';
import { type AnyArray, DeviceArray, type RuntimeTensor } from './arrays.ts';
import type { Device } from './devices/device.ts';

type TensorMap<Value> = Readonly<Record<string, Value>>;

/** What is used of a build of ONNX Runtime. */
interface Runtime {
  readonly Tensor: {
    new (type: 'float32', data: Float32Array, dims: readonly number[]): RuntimeTensor;
    new (type: 'float64', data: Float64Array, dims: readonly number[]): RuntimeTensor;
    fromGpuBuffer(buffer: never, options: { dataType: 'float32'; dims: readonly number[] }): RuntimeTensor;
  };
}

/** What is used of its sessions. */
interface RuntimeSession {
  readonly outputNames: readonly string[];
  run(
    feeds: TensorMap<RuntimeTensor>,
    fetches: TensorMap<RuntimeTensor | null>,
  ): Promise<TensorMap<RuntimeTensor>>;
  release(): Promise<void>;
}

/** How a build of the runtime treats outputs, on a device. */
interface SessionSettings {
  readonly device: Device;
  /** Whether the runtime writes outputs to the arrays it is given; else they are copied there. */
  readonly writesInPlace: boolean;
  /** What to throw for a failure of the runtime; by default that failure. */
  explain?(cause: unknown): unknown;
}

/** A loaded model. Arrays are float32 or float64, as the model declares them. */
export class Session {
  private readonly runtime: Runtime;
  private readonly session: RuntimeSession;
  private readonly settings: SessionSettings;

  /** @internal Made by `createSession`. */
  constructor(runtime: Runtime, session: RuntimeSession, settings: SessionSettings) {
    this.runtime = runtime;
    this.session = session;
    this.settings = settings;
  }

  /**
   * Runs the model on inputs by name, and returns the outputs that are read to the host.
   *
   * @param into the outputs to compute, each with the array to write it to, or null for a new array; by default
   * all outputs, in new arrays
   * @throws Error for an array of another device: the runtime itself would compute with garbage
   */
  async run(
    inputs: Readonly<Record<string, AnyArray>>,
    into: Readonly<Record<string, AnyArray | null>> = Object.fromEntries(
      this.session.outputNames.map((name) => [name, null]),
    ),
  ): Promise<Record<string, NdArray>> {
    const { writesInPlace } = this.settings;
    const fetches: Record<string, RuntimeTensor | null> = {};
    for (const [name, array] of Object.entries(into)) {
      // Also where the runtime takes no arrays: a wrong one is refused before the run, not after it.
      const target = array ? this.toRuntimeTensor(name, array) : null;
      fetches[name] = writesInPlace ? target : null;
    }
    const outputs = await this.runTensors(inputs, fetches);
    const results: Record<string, NdArray> = {};
    for (const [name, array] of Object.entries(into)) {
      const result = outputs[name]!;
      if (array instanceof DeviceArray) {
        if (!writesInPlace) {
          array.replace(result);
        } else if (result !== array.tensor) {
          // Another handle of the same memory, which stays.
          result.dispose();
        }
        continue;
      }
      const { dims, data } = result as { dims: readonly number[]; data: Float32Array | Float64Array };
      if (array && !writesInPlace) {
        array.data.set(data);
      }
      results[name] = array ?? { shape: dims, data };
    }
    return results;
  }

  /** Runs a model whose only output stays on the device, in new memory, which the caller frees. */
  async runOnDevice(inputs: Readonly<Record<string, AnyArray>>): Promise<RuntimeTensor> {
    const [name] = this.session.outputNames;
    const outputs = await this.runTensors(inputs, { [name!]: null });
    return outputs[name!]!;
  }

  /** Frees the model. */
  async release(): Promise<void> {
    await this.session.release();
  }

  private runTensors(
    inputs: Readonly<Record<string, AnyArray>>,
    fetches: TensorMap<RuntimeTensor | null>,
  ): Promise<TensorMap<RuntimeTensor>> {
    const feeds: Record<string, RuntimeTensor> = {};
    for (const [name, array] of Object.entries(inputs)) {
      feeds[name] = this.toRuntimeTensor(name, array);
    }
    const { explain = (cause: unknown) => cause } = this.settings;
    return this.session.run(feeds, fetches).catch((cause: unknown) => {
      throw explain(cause);
    });
  }

  private toRuntimeTensor(name: string, array: AnyArray): RuntimeTensor {
    const { shape } = array;
    if (array instanceof DeviceArray) {
      const { device } = this.settings;
      if (array.device !== device) {
        throw new Error(
          `'${name}' is in the memory of the device '${array.device}', which a program for '${device}' cannot reach`,
        );
      }
      const { tensor } = array;
      return tensor.dims.length === shape.length &&
        tensor.dims.every((length, axis) => length === shape[axis])
        ? tensor
        : this.runtime.Tensor.fromGpuBuffer(tensor.gpuBuffer as never, { dataType: 'float32', dims: shape });
    }
    const { data } = array;
    return data instanceof Float32Array
      ? new this.runtime.Tensor('float32', data, shape)
      : new this.runtime.Tensor('float64', data, shape);
  }
}

/** Where and how a model runs. */
export interface SessionOptions {
  readonly device: Device;
  /** Which one of several devices; by default the first. */
  readonly deviceIndex?: number | undefined;
  /** Threads that share each operation; by default one per core. */
  readonly threads?: number | undefined;
  /** Whether operations that the device does not support may run on the CPU. */
  readonly fallback: boolean;
  /** The outputs that are always written to arrays of the device; by default none. */
  readonly onDevice?: readonly string[] | undefined;
  /** Whether memory is planned as one block (`CompileOptions`); default false. */
  readonly memoryPlan?: boolean | undefined;
  /** Whether the outputs stay on the device, in new memory (`runOnDevice`); default false. */
  readonly allocates?: boolean | undefined;
}

/** How the runtime ends a condition that a failure has broken. */
const CONDITION_END = ' was false. ';

/** The runtime's message about a failure, in one line, without the place in its sources and the condition there. */
export function describeCause(cause: unknown): string {
  const [line] = (cause instanceof Error ? cause.message : String(cause)).split('\n');
  const [start, end] = [line!.indexOf('/onnxruntime_src/'), line!.lastIndexOf(CONDITION_END)];
  return start === -1 || end < start
    ? line!
    : line!.slice(0, start) + line!.slice(end + CONDITION_END.length);
}
