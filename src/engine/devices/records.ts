// The devices: a record each. How ONNX Runtime reaches one, in Node and in a page, is in `providers.node.ts` and
// `providers.web.ts`.
import { cpu } from './cpu.ts';
import { gpu } from './gpu.ts';
import type { GraphStyle } from './graphStyle.ts';

/** All that the program knows about a device, wherever it runs. */
export interface DeviceRecord {
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
export const deviceRecords = {
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
