// ONNX Runtime in Node: the one file that knows the native package.
// First: it must run before the native library is loaded.
import './noTelemetry.node.ts';
import { availableParallelism } from 'node:os';
import { option, phrase, UserError } from '../errors.ts';
import { once } from '../numeric/once.ts';
import { Session, type SessionOptions } from './session.ts';

/** The native library, loaded with the first session: many commands need none. */
const load = once(async () => {
  const ort = await import('onnxruntime-node');
  // What the runtime would print to stderr is in the errors that it throws.
  ort.env.logLevel = 'fatal';
  return ort;
});

/** The number of profiled sessions: the runtime names a file by the millisecond, and two could share one. */
let profiled = 0;

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
    return new Session(ort, session, true);
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
