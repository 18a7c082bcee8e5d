// The devices that programs run on, by name, with their limits and the graphs that suit them; and how a network of
// convolutions with wide activations splits the pixels of a batch on a CPU.
import { UserError, unknownName } from '../../../core/errors.ts';
import type { NodeStyle } from '../onnx/nodeStyle.ts';
import { processorOperators } from './cpuOperators.ts';
import { gpuOperators } from './gpuOperators.ts';

/** The graph style that a device prefers. */
export interface GraphStyle extends NodeStyle {
  /**
   * Whether images have the batch as their last axis: a pixel is then copied for all of them at once, and a row of a
   * matrix is a channel. Otherwise the batch is their first axis, and a row is a pixel.
   */
  readonly batchLast: boolean;
  /**
   * Whether what the same operations compute from like weights, once for every flow step, is computed at once as a
   * stack: for a device where the number of operations costs more than the copies in and out of stacks.
   */
  readonly stacks: boolean;
}

/** The graph style for a CPU. */
const cpu: GraphStyle = {
  // With few channels, the copies of one image's pixels are short: they take longer than the products around them. And
  // with a row per channel the weight gradient between two wide activations is g·xᵀ, with a row per pixel xᵀ·g; ONNX
  // Runtime is slower with a transposed left operand.
  batchLast: true,
  stacks: false,
  // A graph with fewer nodes is compiled sooner; but the halves of an image are copied by all threads only if each is a node.
  parts: { least: 3, most: 1000 },
  waits: true,
  operators: processorOperators,
};

/** The graph style for a GPU. */
const gpu: GraphStyle = {
  batchLast: false,
  stacks: true,
  // A program of WebGPU may use at least eight arrays: one is the whole.
  parts: { least: 2, most: 7 },
  waits: false,
  operators: gpuOperators,
};

/** All that the program knows about a device, wherever it runs. */
interface DeviceRecord {
  /** The graph style that it prefers. */
  readonly style: GraphStyle;
  /** Whether it is the host's processor: programs share the host's threads and memory. */
  readonly isHost: boolean;
  /** Whether it computes in float64; otherwise float64 programs run on the host. */
  readonly hasFloat64: boolean;
  /** Whether programs can take and write arrays in its memory; otherwise arrays are the host's. */
  readonly holdsArrays: boolean;
  /** Whether each program runs in one thread; only data-parallel workers use more. */
  readonly singleThreaded: boolean;
  /** The most bytes that a program can address; null if the available memory is the only limit. */
  readonly addressableBytes: number | null;
  /** What a number after its name chooses, as in `cuda:1`, or why it takes none. */
  readonly index: { readonly chooses: string } | { readonly refused: string };
}

/** The records by name; the default first. */
const deviceRecords = {
  cpu: {
    style: cpu,
    isHost: true,
    hasFloat64: true,
    holdsArrays: false,
    singleThreaded: false,
    addressableBytes: null,
    index: { refused: 'there is one CPU; use cpu' },
  },
  webgpu: {
    style: gpu,
    isHost: false,
    hasFloat64: false,
    holdsArrays: true,
    singleThreaded: false,
    addressableBytes: null,
    index: {
      refused:
        'the runtime chooses the adapter itself; use webgpu, and hide the drivers of other adapters with ' +
        'VK_LOADER_DRIVERS_SELECT (docs/gpu.md)',
    },
  },
  cuda: {
    style: gpu,
    isHost: false,
    hasFloat64: true,
    holdsArrays: false,
    singleThreaded: false,
    addressableBytes: null,
    index: { chooses: 'GPU' },
  },
  // Slow, but the same bytes on every machine and in every browser: one thread, and no instruction whose result depends
  // on the processor.
  wasm: {
    style: cpu,
    isHost: true,
    hasFloat64: true,
    holdsArrays: false,
    singleThreaded: true,
    addressableBytes: 2 ** 32,
    index: { refused: 'there is one CPU; use wasm' },
  },
} as const satisfies Readonly<Record<string, DeviceRecord>>;

/** Where a program runs. */
export type Device = keyof typeof deviceRecords;

/** The devices by name. */
export const devices = Object.keys(deviceRecords) as readonly Device[];

/** The device that is used unless another is chosen, and that always works: the host's processor. */
export const defaultDevice = devices[0]!;

/** The device that computes the same bytes on every machine and in every browser: one thread, and no more. */
export const reproducibleDevice = devices.find((device) => deviceRecords[device].singleThreaded)!;

/** A device, and which one where there are several. */
export interface DeviceChoice {
  /** Default: cpu. */
  readonly device?: Device;
  /** Which one of several, from 0, which is the default; only for devices that are chosen by number. */
  readonly deviceIndex?: number;
}

/**
 * All that is known about a device.
 *
 * @throws UserError (`not-found`) if there is no such device
 */
export function deviceRecord(device: Device): DeviceRecord {
  if (!Object.hasOwn(deviceRecords, device)) {
    throw unknownName('device', device, devices);
  }
  return deviceRecords[device];
}

/**
 * The graph style that a device prefers.
 *
 * @throws UserError (`not-found`) if there is no such device
 */
export function graphStyle(device: Device): GraphStyle {
  return deviceRecord(device).style;
}

/** Whether a device, also one that a file names, is the host's processor. */
export function isHost(device: unknown): boolean {
  return devices.some((candidate) => candidate === device && deviceRecords[candidate].isHost);
}

/** The bytes that a program on the host's processor may allocate, of those available. */
export function addressableOn(device: Device, available: number): number {
  return Math.min(available, deviceRecord(device).addressableBytes ?? available);
}

/** The devices that are chosen by number, each with what the number chooses. */
export function indexedDevices(): { device: Device; chooses: string }[] {
  return devices.flatMap((device) => {
    const { index }: DeviceRecord = deviceRecords[device];
    return 'chooses' in index ? [{ device, chooses: index.chooses }] : [];
  });
}

/**
 * The device that a text names, with a number where there are several: `cuda:1` is the second GPU of `cuda`.
 *
 * @throws UserError (`invalid-argument`) if it names none
 */
export function parseDevice(text: string): DeviceChoice {
  const [, name = text, number] = /^([^:]*):(.*)$/s.exec(text) ?? [];
  const device = devices.find((candidate) => candidate === name);
  if (device === undefined) {
    throw unknownName('device', name, devices);
  }
  if (number === undefined) {
    return { device };
  }
  const { index }: DeviceRecord = deviceRecords[device];
  if ('refused' in index) {
    throw new UserError('invalid-argument', `'${text}': ${index.refused}`);
  }
  if (!/^\d{1,4}$/.test(number)) {
    throw new UserError(
      'invalid-argument',
      `'${text}': choose a ${index.chooses} by its number from 0, as in ${device}:1`,
    );
  }
  return { device, deviceIndex: Number(number) };
}

/** The device as `parseDevice` reads it. */
export function showDevice({ device = defaultDevice, deviceIndex = 0 }: DeviceChoice): string {
  return deviceIndex === 0 ? device : `${device}:${deviceIndex}`;
}

/** The same options for the host's processor: for their device if it is that, else for the default one. */
export function onCpu<Options extends DeviceChoice>({
  device,
  deviceIndex: _,
  ...options
}: Options): Omit<Options, 'device' | 'deviceIndex'> & { device: Device } {
  return { ...options, device: device !== undefined && isHost(device) ? device : defaultDevice };
}

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

/** A sequence of convolutions with elementwise functions between them, on a batch of images. */
interface ConvolutionNetwork {
  /** Images in the batch; open if negative. */
  readonly images: number;
  /** Pixels per image. */
  readonly pixels: number;
  /** The largest number of channels between two of its convolutions. */
  readonly channels: number;
}

/**
 * The hidden activations, in numbers, that are processed at a time: 4 MiB of float32 stay in a CPU's cache,
 * where products and the operations between them are up to a third faster.
 */
const BLOCK = 2 ** 20;

/** The row length where consecutive rows of a matrix map to the same cache lines: 4 KiB. */
const PERIOD = 1024;

/** The columns of a cache line. */
const LINE = 16;

/**
 * How many columns a network processes at a time, for matrices with a row per channel and a column per pixel of every
 * image. There are as few blocks as possible that each about fit into a CPU's cache, of about the same length, of whole cache
 * lines and, where possible, whole pixels. Where rows are a multiple of 4 KiB apart, a product along them is slower, so no
 * block has such a length. An open batch is not split.
 */
export function columnBlocks({ images, pixels, channels }: ConvolutionNetwork): number[] {
  const columns = images * pixels;
  if (columns < 0) {
    return [columns];
  }
  const fitting = Math.ceil(columns / Math.max(1, Math.floor(BLOCK / channels)));
  const count = fitting === 1 && isSlow(columns) ? 2 : fitting;
  const unit = blockUnit(columns / count, images);
  const blocks: number[] = [];
  let remaining = columns;
  for (let more = count; more > 1; more--) {
    let length = Math.round(remaining / more / unit) * unit;
    while (isSlow(length) || (more === 2 && isSlow(remaining - length))) {
      length += unit;
    }
    blocks.push(length);
    remaining -= length;
  }
  return [...blocks, remaining];
}

/** The unit of blocks of about `length` columns: lines, and whole pixels where these are short. */
function blockUnit(length: number, images: number): number {
  if (length < 4 * LINE) {
    return 1;
  }
  let unit = images;
  while (unit % LINE !== 0) {
    unit += images;
  }
  // Multiples of half a period can all be slow, whole or as what is left: the loop above would never end.
  return 16 * unit <= length && unit % (PERIOD / 2) !== 0 ? unit : LINE;
}

function isSlow(columns: number): boolean {
  return columns % PERIOD === 0;
}
