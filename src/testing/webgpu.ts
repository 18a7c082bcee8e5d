// WebGPU in tests: whether there is a driver, here a software one, and checks of every command that it is given.
import { describe } from 'vitest';
import { UserError } from '../core/errors.ts';
import { tryDevice } from '../tensor/engine/listDevices.node.ts';

// Before the first session: the runtime reads it once.
process.env.EMERGING_WEBGPU_VALIDATION = 'full';

/** Programs on the GPU, every operation of them. */
export const onGpu = { device: 'webgpu', fallback: false } as const;

/** Whether there is a driver for WebGPU. */
async function hasWebGpu(): Promise<boolean> {
  try {
    await tryDevice({ device: 'webgpu' });
    return true;
  } catch (error) {
    if (error instanceof UserError) {
      return false;
    }
    throw error;
  }
}

const available = await hasWebGpu();

/** Tests that need WebGPU, skipped without a driver. */
export function describeOnGpu(name: string, tests: () => void): void {
  describe.skipIf(!available)(
    `${name} (needs a Vulkan driver: scripts/install-system-packages)`,
    { tags: 'system' },
    tests,
  );
}
