// The native ONNX Runtime for Node: the one file that knows its package.
// First: it must run before the native library is loaded.
import './noTelemetry.node.ts';
import { availableParallelism } from 'node:os';
import { call, option, phrase, UserError } from '../../core/errors.ts';
import { once } from '../../core/numeric/index.ts';
import { isMemoryFull, memoryFullError } from './deviceFailure.ts';
import { type DeviceChoice, defaultDevice, isHost, showDevice } from './devices/device.ts';
import { NATIVE_REMEDY, providers } from './devices/providers.node.ts';
import { describeCause, Session, type SessionOptions } from './session.ts';

/** The native library, loaded with the first session: many commands need none. */
const load = once(async () => {
  const ort = await import('onnxruntime-node').catch((cause: NodeJS.ErrnoException) => {
    throw notLoaded(cause);
  });
  // The errors that the runtime throws contain the text that it would print to stderr.
  ort.env.logLevel = 'fatal';
  return ort;
});

/** What is wrong with the native library, in one line; null if it can be loaded. */
export const nativeProblem = once(() =>
  load().then(
    () => null,
    ({ cause }: UserError) => loadProblem(cause as NodeJS.ErrnoException),
  ),
);

/**
 * Loads an ONNX model on a device of the native library.
 *
 * @throws UserError (`unsupported`) if the library cannot be loaded, or the device, other than the CPU, cannot run it
 */
export async function createNativeSession(
  model: Uint8Array,
  {
    device,
    deviceIndex = 0,
    threads = availableParallelism(),
    fallback,
    memoryPlan = false,
    allocates = false,
  }: SessionOptions,
): Promise<Session> {
  const ort = await load();
  const choice = { device, deviceIndex };
  try {
    const session = await ort.InferenceSession.create(model, {
      executionProviders: [providers[device].provider(deviceIndex)],
      intraOpNumThreads: threads,
      // The graphs are already in the form to run; optimising them again takes long and gains nothing.
      graphOptimizationLevel: 'disabled',
      enableMemPattern: memoryPlan && isHost(device),
      logSeverityLevel: 3,
      // Elsewhere not: the runtime would ignore the arrays of the device that outputs are to be written to.
      ...(allocates && { preferredOutputLocation: 'gpu-buffer' as const }),
      // A program's threads would keep spinning after its run and take the cores from the next program.
      extra: {
        session: { force_spinning_stop: '1', ...(!fallback && { disable_cpu_ep_fallback: '1' }) },
      },
    });
    return new Session(ort, session, {
      device,
      writesInPlace: true,
      explain: (cause) => deviceError(choice, 'failed', cause),
    });
  } catch (cause) {
    throw deviceError(choice, 'cannot run this', cause);
  }
}

/** An optional dependency may be missing: its install script fails where CUDA cannot be downloaded. */
function loadProblem(cause: NodeJS.ErrnoException): string {
  return cause.code === 'ERR_MODULE_NOT_FOUND'
    ? 'onnxruntime-node is not installed'
    : `onnxruntime-node cannot be loaded: ${describeCause(cause)}`;
}

function notLoaded(cause: NodeJS.ErrnoException): UserError {
  return new UserError('unsupported', `${loadProblem(cause)}; ${NATIVE_REMEDY}`, { cause });
}

/** What the runtime says if a device is not there, or not its libraries. */
const missing = /Failed to get a WebGPU adapter|Failed to load (shared )?library/;

/** The error for a runtime message about a device; on a CPU, the message itself. */
function deviceError(choice: DeviceChoice, problem: string, cause: unknown): unknown {
  if (isHost(choice.device)) {
    return cause;
  }
  const [name, reason] = [showDevice(choice), describeCause(cause)];
  if (isMemoryFull(reason)) {
    return memoryFullError(name, reason, cause);
  }
  return new UserError(
    'unsupported',
    missing.test(reason)
      ? phrase`the device '${name}' does not work here: ${reason}; ${call('listDevices')} shows what is missing, or use ${option('device', defaultDevice)}`
      : phrase`the device '${name}' ${problem}: ${reason}; use ${option('device', defaultDevice)}`,
    { cause },
  );
}
