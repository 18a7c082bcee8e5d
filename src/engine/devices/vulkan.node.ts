// The adapters that the Vulkan loader of the system lists, through koffi: ONNX Runtime does not tell them.
import type { ArrayLimits } from './arrayLimits.ts';

/** A GPU, or a program that stands in for one, with the limits that matter here. */
export interface Adapter {
  /** As its driver names it. */
  readonly name: string;
  /** `software` computes on the processor. */
  readonly kind: 'discrete' | 'integrated' | 'virtual' | 'software' | 'unknown';
  /** The driver and its version. */
  readonly driver: string;
  /** The bytes of its largest memory. */
  readonly memoryBytes: number;
  /** The most bytes of an array that a program can reach at once. */
  readonly storageBufferBytes: number;
  /** The most bytes of one array. */
  readonly bufferBytes: number;
  /** The most arrays of one program. */
  readonly storageBuffers: number;
}

/** The adapters of the system. */
export interface AdapterList {
  /** Null if they cannot be listed. */
  readonly adapters: readonly Adapter[] | null;
  /** Why they cannot be listed; null if they can. */
  readonly reason: string | null;
}

const loaders: Partial<Record<NodeJS.Platform, string>> = { linux: 'libvulkan.so.1', win32: 'vulkan-1.dll' };

/** `VkPhysicalDeviceType`, in order. */
const kinds: readonly Adapter['kind'][] = ['unknown', 'integrated', 'discrete', 'virtual', 'software'];

/** WebGPU gives a program no more arrays than this, whatever the driver has. */
const MOST_STORAGE_BUFFERS = 16;

// Values and layouts of vulkan_core.h, on a 64-bit machine.
const APPLICATION_INFO = { type: 0, size: 48, apiVersion: 44 };
const INSTANCE_INFO = { type: 1, size: 64, application: 24 };
const PROPERTIES = { type: 1_000_059_001, size: 840, next: 8, kind: 32, name: 36, limits: 312 };
const DRIVER = { type: 1_000_196_000, size: 536, next: 8, name: 20, info: 276 };
const ALLOCATION = { type: 1_000_168_000, size: 32, most: 24 };
const LIMITS = { storageBufferRange: 28, storageBuffers: 76 };
const MEMORY = { size: 520, heaps: 260, firstHeap: 264, heapSize: 16 };
const VERSION_1_1 = (1 << 22) | (1 << 12);
/** The error if there is no driver. */
const INCOMPATIBLE_DRIVER = -9;

/** Lists the adapters of the system. */
export async function listAdapters(): Promise<AdapterList> {
  const loader = loaders[process.platform];
  if (loader === undefined) {
    const reason = 'this system does not list its adapters: the runtime uses the default one';
    return { adapters: null, reason };
  }
  const koffi = await import('koffi').then(
    ({ default: module }) => module,
    () => undefined,
  );
  if (koffi === undefined) {
    return {
      adapters: null,
      reason: 'listing adapters requires the package koffi: run npm install koffi',
    };
  }
  let library: ReturnType<typeof koffi.load>;
  try {
    library = koffi.load(loader);
  } catch {
    return { adapters: null, reason: `the Vulkan loader ${loader} is not installed` };
  }
  const call = (name: string, count: number) => library.func(name, 'int', Array(count).fill('void*'));
  const callVoid = (name: string, count: number) => library.func(name, 'void', Array(count).fill('void*'));
  const application = structure(APPLICATION_INFO);
  application.writeUInt32LE(VERSION_1_1, APPLICATION_INFO.apiVersion);
  const info = structure(INSTANCE_INFO);
  info.writeBigUInt64LE(koffi.address(application), INSTANCE_INFO.application);
  const instance = new BigUint64Array(1);
  const created = call('vkCreateInstance', 3)(info, null, instance);
  if (created === INCOMPATIBLE_DRIVER) {
    return { adapters: [], reason: null };
  }
  if (created !== 0) {
    return { adapters: null, reason: `the Vulkan loader ${loader} fails with error ${created}` };
  }
  try {
    const list = call('vkEnumeratePhysicalDevices', 3);
    const count = Uint32Array.of(0);
    list(instance[0], count, null);
    const handles = new BigUint64Array(count[0]!);
    list(instance[0], count, handles);
    const readProperties = callVoid('vkGetPhysicalDeviceProperties2', 2);
    const readMemory = callVoid('vkGetPhysicalDeviceMemoryProperties', 2);
    return {
      adapters: Array.from(handles, (handle) => {
        const [properties, driver, allocation, memory] = [
          structure(PROPERTIES),
          structure(DRIVER),
          structure(ALLOCATION),
          Buffer.alloc(MEMORY.size),
        ];
        properties.writeBigUInt64LE(koffi.address(driver), PROPERTIES.next);
        driver.writeBigUInt64LE(koffi.address(allocation), DRIVER.next);
        readProperties(handle, properties);
        readMemory(handle, memory);
        return adapterOf(properties, driver, allocation, memory);
      }),
      reason: null,
    };
  } finally {
    callVoid('vkDestroyInstance', 2)(instance[0], null);
  }
}

function adapterOf(properties: Buffer, driver: Buffer, allocation: Buffer, memory: Buffer): Adapter {
  const limit = (offset: number): number => properties.readUInt32LE(PROPERTIES.limits + offset);
  const heaps = Array.from({ length: memory.readUInt32LE(MEMORY.heaps) }, (_, index) =>
    Number(memory.readBigUInt64LE(MEMORY.firstHeap + MEMORY.heapSize * index)),
  );
  return {
    name: textAt(properties, PROPERTIES.name),
    kind: kinds[properties.readUInt32LE(PROPERTIES.kind)] ?? 'unknown',
    driver: `${textAt(driver, DRIVER.name)} ${textAt(driver, DRIVER.info)}`.trim(),
    memoryBytes: Math.max(0, ...heaps),
    storageBufferBytes: limit(LIMITS.storageBufferRange),
    bufferBytes: Number(allocation.readBigUInt64LE(ALLOCATION.most)),
    storageBuffers: Math.min(MOST_STORAGE_BUFFERS, limit(LIMITS.storageBuffers)),
  };
}

/** The kinds of adapters, fastest first: the runtime prefers a fast one. */
const byPreference: readonly Adapter['kind'][] = ['discrete', 'integrated', 'virtual', 'unknown', 'software'];

/** What the runtime's WebGPU library gives a program at most, because some drivers fail above. */
const MOST_BINDING_BYTES = 2 ** 31 - 4;

/** The limits that hold for the adapters among which the runtime takes one. */
export function arrayLimitsOf(adapters: readonly Adapter[]): ArrayLimits | undefined {
  const kind = byPreference.find((one) => adapters.some((adapter) => adapter.kind === one));
  const likely = adapters.filter((adapter) => adapter.kind === kind);
  const least = (of: (adapter: Adapter) => number): number => Math.min(...likely.map(of));
  return kind === undefined
    ? undefined
    : {
        bindingBytes: Math.min(
          MOST_BINDING_BYTES,
          least(({ storageBufferBytes }) => storageBufferBytes),
        ),
        bufferBytes: least(({ bufferBytes }) => bufferBytes),
        bindings: least(({ storageBuffers }) => storageBuffers),
      };
}

/** A structure of zeros with its type in front. */
function structure({ type, size }: { type: number; size: number }): Buffer {
  const bytes = Buffer.alloc(size);
  bytes.writeUInt32LE(type);
  return bytes;
}

/** The text at an offset, up to its zero. */
function textAt(bytes: Buffer, offset: number): string {
  return bytes.toString('utf8', offset, bytes.indexOf(0, offset));
}
