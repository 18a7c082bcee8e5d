// A compiled program: sessions of ONNX Runtime, and host computations between them.
import { option, phrase, UserError } from '../../core/errors.ts';
import { type NdArray, requireWhole } from '../../core/numeric/index.ts';
import {
  checkInputs,
  constantFrontier,
  isOpen,
  type Precision,
  type ProgramDefinition,
  type Tensor,
  topologicalOrder,
  withoutUnused,
} from '../tensor.ts';
import { type AnyArray, DeviceArray, type ProgramArrays } from './arrays.ts';
import { holdsArrays } from './deviceMemory.ts';
import {
  type Device,
  type DeviceChoice,
  defaultDevice,
  deviceRecord,
  graphStyle,
  indexedDevices,
  isHost,
  onCpu,
} from './devices/device.ts';
import { type InverseMethod, prepare } from './graph/prepare.ts';
import {
  feedName,
  HOSTED,
  type HostNode,
  hostFeeds,
  hostValues,
  isHosted,
  Operands,
  packed,
} from './hostPart.ts';
import { lower } from './onnx/lower.ts';
import { checkFeeds, checkTargets, requireOnDevice } from './programChecks.ts';
import { releaseAfter, releaseInTurn, releaseOnFailure } from './resources.ts';
import { createSession, usedDevice } from './runtime.node.ts';
import type { Session } from './session.ts';

/** How a program is compiled. */
export interface CompileOptions {
  /** Default: float32. */
  precision?: Precision;
  /** Default: cpu. */
  device?: Device;
  /** Which one of several, from 0, which is the default; only for devices that are chosen by number. */
  deviceIndex?: number;
  /** Threads of the CPU that share each operation; by default one per core. Only for the CPU. */
  threads?: number;
  /**
   * Whether operations that the device does not support may run on the CPU; default true. With false, such a
   * program is refused.
   */
  fallback?: boolean;
  /** How corner convolutions, the halves of emerging ones, are inverted; default wavefront. */
  inverse?: InverseMethod;
  /**
   * Whether the runtime keeps the places that the first run finds for its results, as one block of memory: many small
   * operations take less time, and the block is held in addition to the first run's memory. Default false; only on the CPU,
   * with the native runtime.
   */
  memoryPlan?: boolean;
  /**
   * The outputs that stay on the device: every run writes them to arrays of its memory. None by default; only for devices
   * that hold arrays.
   */
  onDevice?: readonly string[];
}

/**
 * Compiles a program for a device: its graph is prepared in the style that the device prefers, what depends
 * only on constants is folded now, in float64, and the rest becomes an ONNX session. Build a program once
 * and keep it: sessions are slow to create.
 *
 * @example
 * ```ts
 * import { compile, input, operations } from 'emerging-flows/tensor';
 *
 * const x = input('x', [3]);
 * const program = await compile({ inputs: { x }, outputs: { y: operations.exp(x) } });
 * const y = { shape: [3], data: new Float32Array(3) };
 * await program.run({ x: { shape: [3], data: Float32Array.of(0, 1, 2) } }, { y });
 * await program.release();
 * ```
 */
export async function compile(definition: ProgramDefinition, options: CompileOptions = {}): Promise<Program> {
  return compilePrepared(prepare(definition, options), options);
}

/** Compiles a program whose graph is already prepared for the device. */
export async function compilePrepared(
  definition: ProgramDefinition,
  options: CompileOptions = {},
): Promise<Program> {
  requirePlace(options);
  return build(definition, await freeze(definition, options), options);
}

/**
 * Checks where programs are to run.
 *
 * @throws UserError (`invalid-argument`) for a number of threads that is none or not for a CPU, and for a GPU by number
 * on a device that has no numbers
 */
export function requirePlace({
  device = defaultDevice,
  deviceIndex,
  threads,
}: DeviceChoice & Pick<CompileOptions, 'threads'>): void {
  if (threads !== undefined) {
    requireWhole('threads', threads, 1);
    if (!isHost(device)) {
      throw new UserError(
        'invalid-argument',
        phrase`${option('threads', threads)} is for the CPU: leave it out with ${option('device', device)}`,
      );
    }
  }
  if (deviceIndex !== undefined) {
    requireWhole('deviceIndex', deviceIndex, 0);
    if ('refused' in deviceRecord(device).index) {
      const choices = indexedDevices().map(
        ({ device: deviceName, chooses }) => `a ${chooses} of ${deviceName}`,
      );
      throw new UserError(
        'invalid-argument',
        `deviceIndex chooses ${choices.join(' or ')}: leave it out with ${device}`,
      );
    }
  }
}

/** Where constants are computed: on the CPU, also for programs of other devices. */
type FoldingOptions = Pick<CompileOptions, 'device' | 'threads'>;

/**
 * The values, in float64, of all tensors of a prepared program that depend only on constants and are used by
 * others.
 */
export async function freeze(
  definition: ProgramDefinition,
  options: FoldingOptions = {},
): Promise<Map<Tensor, NdArray>> {
  checkInputs(definition);
  const frontier = constantFrontier(definition);
  const values = frontier.length > 0 ? await foldValues(frontier, options) : [];
  return new Map(frontier.map((tensor, index) => [tensor, values[index]!]));
}

/** The values, in float64, of tensors that depend only on constants. */
export async function evaluate(tensors: readonly Tensor[], options: FoldingOptions = {}): Promise<NdArray[]> {
  const outputs = Object.fromEntries(tensors.map((tensor, index) => [String(index), tensor]));
  const prepared = prepare({ inputs: {}, outputs });
  return foldValues(
    tensors.map((_, index) => prepared.outputs[index]!),
    options,
  );
}

async function foldValues(tensors: readonly Tensor[], options: FoldingOptions): Promise<NdArray[]> {
  const outputs = Object.fromEntries(tensors.map((tensor, index) => [`value${index}`, tensor]));
  const { device, threads } = onCpu(options);
  const folding: CompileOptions = { device, precision: 'float64', ...(threads && { threads }) };
  const values = await releaseAfter(async (keep) =>
    keep(await build({ inputs: {}, outputs }, new Map(), folding)).run({}),
  );
  return tensors.map((_, index) => values[`value${index}`]!);
}

async function build(
  definition: ProgramDefinition,
  values: ReadonlyMap<Tensor, NdArray>,
  options: CompileOptions,
): Promise<Program> {
  const { precision = 'float32', deviceIndex, threads, fallback = true, memoryPlan, onDevice = [] } = options;
  const device = await usedDevice(options.device ?? defaultDevice);
  requireOnDevice(onDevice, device, definition);
  const outputs = Object.values(definition.outputs);
  // Whatever only a hosted tensor needs is left to the prelude.
  const names = new Map(Object.entries(definition.inputs).map(([name, tensor]) => [tensor, name]));
  const isAtHand = (node: Tensor): boolean => names.has(node) || values.has(node);
  const order = topologicalOrder(outputs, (node) => isAtHand(node) || isHosted(node));
  const hosted = order.filter((node) => isHosted(node) && !isAtHand(node));
  const isPacked =
    holdsArrays(device) &&
    hosted.length > 0 &&
    ![...hosted, ...hosted.flatMap(({ inputs }) => inputs)].some(({ shape }) => isOpen(shape));
  const operands = new Operands(values, isPacked ? undefined : names);
  const hostNodes = hosted.map((tensor, index) => ({
    name: `host${index}`,
    tensor,
    operands: tensor.inputs.map((input) => operands.of(input)),
  }));
  const before = operands.outputs();
  const named = Object.entries(definition.outputs).map(([name, tensor]) => [fetchName(name), tensor]);
  return releaseOnFailure(async (keep) => {
    const prelude =
      Object.keys(before).length > 0
        ? keep(
            await build(withoutUnused({ inputs: definition.inputs, outputs: before }), values, {
              ...options,
              onDevice: [],
            }),
          )
        : undefined;
    // A device without float64 leaves float64 programs to the host, whose operators differ.
    const isOnHost = precision === 'float64' && !deviceRecord(device).hasFloat64;
    const sessionDevice = isOnHost ? await usedDevice(defaultDevice) : device;
    const model = lower({
      inputs: Object.fromEntries([
        ...Object.entries(definition.inputs).map(([name, tensor]) => [feedName(name), tensor]),
        ...(isPacked ? [] : hostNodes.map(({ name, tensor }) => [name, tensor])),
      ]),
      packed: isPacked ? { name: HOSTED, tensors: hosted } : undefined,
      outputs: Object.fromEntries(named),
      known: values,
      precision,
      style: graphStyle(sessionDevice),
    });
    const session = await createSession(model, {
      device: sessionDevice,
      deviceIndex,
      threads,
      fallback,
      memoryPlan,
      onDevice: onDevice.map(fetchName),
    });
    return new Program(definition, { precision, device: sessionDevice, onDevice }, session, {
      nodes: hostNodes,
      isPacked,
      prelude,
    });
  });
}

/** What the host computes before the session of a program runs. */
interface HostPart {
  readonly nodes: readonly HostNode[];
  /** Whether the session takes all results as one vector, `HOSTED`. */
  readonly isPacked: boolean;
  /** Computes the operands that are not inputs of the program. */
  readonly prelude: Program | undefined;
}

/** How a program was compiled. */
interface ProgramSettings {
  readonly precision: Precision;
  readonly device: Device;
  /** The outputs that every run writes to arrays of the device. */
  readonly onDevice: readonly string[];
}

/** A program ready to run. */
export class Program {
  /** The inputs that `run` takes. */
  readonly inputs: ProgramDefinition['inputs'];
  /** The outputs that `run` computes. */
  readonly outputs: ProgramDefinition['outputs'];
  private readonly settings: ProgramSettings;
  private readonly session: Session;
  private readonly host: HostPart;
  private isReleased = false;

  /** @internal Made by `compile`. */
  constructor(definition: ProgramDefinition, settings: ProgramSettings, session: Session, host: HostPart) {
    this.inputs = definition.inputs;
    this.outputs = definition.outputs;
    this.settings = settings;
    this.session = session;
    this.host = host;
  }

  /**
   * Runs the program on arrays by name and returns its outputs by name, but for those that it writes to arrays of the
   * device. An output named in `into` is written to the array given there, which must have the program's precision; the
   * others are new arrays.
   *
   * @throws Error if an input is missing or has another shape, an array is in the wrong place, or it has been released
   */
  async run(feeds: ProgramArrays, into: ProgramArrays = {}): Promise<Record<string, NdArray>> {
    if (this.isReleased) {
      throw new Error('the program has been released: compile it again, or release it after its last run');
    }
    checkFeeds(this.inputs, feeds);
    checkTargets(this.outputs, this.settings, into);
    const { nodes, isPacked, prelude } = this.host;
    const inputs: Record<string, AnyArray> = {};
    for (const name of Object.keys(this.inputs)) {
      inputs[feedName(name)] = this.inPrecision(feeds[name]!);
    }
    if (nodes.length > 0) {
      const computed = prelude ? await prelude.run(feeds) : {};
      const values = hostValues(nodes, { ...hostFeeds(feeds), ...computed });
      for (const [name, value] of Object.entries(isPacked ? { [HOSTED]: packed(values) } : values)) {
        inputs[name] = this.inPrecision(value);
      }
    }
    const fetches: Record<string, AnyArray | null> = {};
    for (const name of Object.keys(this.outputs)) {
      fetches[fetchName(name)] = into[name] ?? null;
    }
    const results = await this.session.run(inputs, fetches);
    return Object.fromEntries(
      Object.keys(this.outputs).flatMap((name) => {
        const result = results[fetchName(name)];
        return result ? [[name, result]] : [];
      }),
    );
  }

  /** Where it runs: a fallback device if the compiled one cannot be used here. */
  get device(): Device {
    return this.settings.device;
  }

  /** Frees the session. A second time changes nothing. */
  async release(): Promise<void> {
    if (this.isReleased) {
      return;
    }
    this.isReleased = true;
    await releaseInTurn([this.host.prelude, this.session]);
  }

  /** The array itself if it has the program's precision or is on the device, a converted copy otherwise. */
  private inPrecision(array: AnyArray): AnyArray {
    const Type = this.settings.precision === 'float32' ? Float32Array : Float64Array;
    return array instanceof DeviceArray || array.data instanceof Type
      ? array
      : { shape: array.shape, data: Type.from(array.data) };
  }
}

/** The name of an output within the session, where constants and host results have names too. */
function fetchName(name: string): string {
  return `output ${name}`;
}
