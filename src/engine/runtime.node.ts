// ONNX Runtime in Node: the one file that knows the native package.
// First: it must run before the native library is loaded.
import './noTelemetry.node.ts';
import { availableParallelism } from 'node:os';
import * as ort from 'onnxruntime-node';
import { option, phrase, UserError } from '../errors.ts';
import type { Device } from './devices/device.ts';

// What the runtime would print to stderr is in the errors that it throws.
ort.env.logLevel = 'fatal';

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

/** Loads an ONNX model on a device. */
export async function createSession(
  model: Uint8Array,
  { device, threads = availableParallelism(), fallback, profile }: SessionOptions,
): Promise<ort.InferenceSession> {
  try {
    return await ort.InferenceSession.create(model, {
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

export type { InferenceSession } from 'onnxruntime-node';
export { Tensor as RuntimeTensor } from 'onnxruntime-node';
