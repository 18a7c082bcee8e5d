// A loaded ONNX model, whichever build of ONNX Runtime has loaded it.
import type { NdArray } from '../numeric/ndarray.ts';
import type { Device } from './devices/device.ts';

/** An array in the runtime's memory. */
interface RuntimeTensor {
  readonly dims: readonly number[];
  readonly data: unknown;
}

type TensorMap<Value> = Readonly<Record<string, Value>>;

/** What is used of a build of ONNX Runtime. */
export interface Runtime<Tensor extends RuntimeTensor = RuntimeTensor> {
  readonly Tensor: {
    new (type: 'float32', data: Float32Array, dims: readonly number[]): Tensor;
    new (type: 'float64', data: Float64Array, dims: readonly number[]): Tensor;
  };
}

/** What is used of its sessions. */
export interface RuntimeSession<Tensor extends RuntimeTensor = RuntimeTensor> {
  readonly outputNames: readonly string[];
  run(feeds: TensorMap<Tensor>, fetches: TensorMap<Tensor | null>): Promise<TensorMap<RuntimeTensor>>;
  endProfiling(): void;
  release(): Promise<void>;
}

/** A loaded model. Arrays are float32 or float64, as the model declares them. */
export class Session {
  private readonly runtime: Runtime;
  private readonly session: RuntimeSession;
  private readonly writesInPlace: boolean;
  private readonly explain: (cause: unknown) => unknown;

  /**
   * @internal Made by `createSession`.
   *
   * @param writesInPlace whether the runtime writes outputs to the arrays it is given; else they are copied there
   * @param explain what to throw for a failure of the runtime; by default that failure
   */
  constructor(
    runtime: Runtime,
    session: RuntimeSession,
    writesInPlace: boolean,
    explain: (cause: unknown) => unknown = (cause) => cause,
  ) {
    this.runtime = runtime;
    this.session = session;
    this.writesInPlace = writesInPlace;
    this.explain = explain;
  }

  /**
   * Runs the model on inputs by name.
   *
   * @param into the outputs to compute, each with the array to write it to, or null for a new array; by default
   * all outputs, in new arrays
   */
  async run(
    inputs: Readonly<Record<string, NdArray>>,
    into: Readonly<Record<string, NdArray | null>> = Object.fromEntries(
      this.session.outputNames.map((name) => [name, null]),
    ),
  ): Promise<Record<string, NdArray>> {
    const feeds: Record<string, RuntimeTensor> = {};
    for (const [name, array] of Object.entries(inputs)) {
      feeds[name] = this.tensorOf(array);
    }
    const fetches: Record<string, RuntimeTensor | null> = {};
    for (const [name, array] of Object.entries(into)) {
      fetches[name] = array && this.writesInPlace ? this.tensorOf(array) : null;
    }
    const results = await this.session.run(feeds, fetches).catch((cause: unknown) => {
      throw this.explain(cause);
    });
    return Object.fromEntries(
      Object.entries(into).map(([name, array]) => {
        const { dims, data } = results[name]! as { dims: number[]; data: Float32Array | Float64Array };
        if (array && !this.writesInPlace) {
          array.data.set(data);
        }
        return [name, array ?? { shape: dims, data }];
      }),
    );
  }

  /** Writes the profile of a session that was created with one. */
  endProfiling(): void {
    this.session.endProfiling();
  }

  /** Frees the model. */
  async release(): Promise<void> {
    await this.session.release();
  }

  private tensorOf({ shape, data }: NdArray): RuntimeTensor {
    return data instanceof Float32Array
      ? new this.runtime.Tensor('float32', data, shape)
      : new this.runtime.Tensor('float64', data, shape);
  }
}

/** Where and how a model runs. */
export interface SessionOptions {
  readonly device: Device;
  /** Threads that share each operation; by default one per core. */
  readonly threads?: number | undefined;
  /** Whether operations that the device does not support may run on the CPU. */
  readonly fallback: boolean;
  /** The path prefix of a file to which the time of every node is written; by default none. */
  readonly profile?: string | undefined;
}
