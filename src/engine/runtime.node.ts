// ONNX Runtime in Node: the one file that knows the native package.
// First: it must run before the native library is loaded.
import './noTelemetry.node.ts';
import { availableParallelism } from 'node:os';
import type { InferenceSession } from 'onnxruntime-node';
import { option, phrase, UserError } from '../errors.ts';
import type { NdArray } from '../numeric/ndarray.ts';
import { once } from '../numeric/once.ts';
import type { Device } from './devices/device.ts';

/** The native library, loaded with the first session: many commands need none. */
const load = once(async () => {
  const ort = await import('onnxruntime-node');
  // What the runtime would print to stderr is in the errors that it throws.
  ort.env.logLevel = 'fatal';
  return ort;
});

type Runtime = Awaited<ReturnType<typeof load>>;

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

/** The number of profiled sessions: the runtime names a file by the millisecond, and two could share one. */
let profiled = 0;

/** A loaded model. Arrays are float32 or float64, as the model declares them. */
export class Session {
  private readonly ort: Runtime;
  private readonly session: InferenceSession;

  /** @internal Made by `createSession`. */
  constructor(ort: Runtime, session: InferenceSession) {
    this.ort = ort;
    this.session = session;
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
    const feeds: Record<string, InstanceType<Runtime['Tensor']>> = {};
    for (const [name, array] of Object.entries(inputs)) {
      feeds[name] = this.tensorOf(array);
    }
    const fetches: Record<string, InstanceType<Runtime['Tensor']> | null> = {};
    for (const [name, array] of Object.entries(into)) {
      fetches[name] = array && this.tensorOf(array);
    }
    const results = await this.session.run(feeds, fetches);
    return Object.fromEntries(
      Object.entries(into).map(([name, array]) => {
        const { dims, data } = results[name]!;
        return [name, array ?? { shape: dims, data: data as Float32Array | Float64Array }];
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

  private tensorOf({ shape, data }: NdArray): InstanceType<Runtime['Tensor']> {
    return data instanceof Float32Array
      ? new this.ort.Tensor('float32', data, shape)
      : new this.ort.Tensor('float64', data, shape);
  }
}

/**
 * Loads an ONNX model on a device.
 *
 * @throws UserError (`unsupported`) if the device, other than the CPU, cannot run it
 */
export async function createSession(
  model: Uint8Array,
  { device, threads = availableParallelism(), fallback, profile }: SessionOptions,
): Promise<Session> {
  const ort = await load();
  try {
    const session = await ort.InferenceSession.create(model, {
      executionProviders: [device],
      intraOpNumThreads: threads,
      // The graphs are already in the form to run; optimising them again takes long and gains nothing.
      graphOptimizationLevel: 'disabled',
      enableMemPattern: false,
      logSeverityLevel: 3,
      ...(profile !== undefined && { enableProfiling: true, profileFilePrefix: `${profile}-${profiled++}` }),
      // A program's threads would keep spinning after its run and take the cores from the next program.
      extra: {
        session: { force_spinning_stop: '1', ...(!fallback && { disable_cpu_ep_fallback: '1' }) },
      },
    });
    return new Session(ort, session);
  } catch (cause) {
    if (device === 'cpu') {
      throw cause;
    }
    throw new UserError(
      'unsupported',
      phrase`the device '${device}' cannot run this: ${firstLine(cause)}; use ${option('device', 'cpu')}`,
      { cause },
    );
  }
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]!;
}
