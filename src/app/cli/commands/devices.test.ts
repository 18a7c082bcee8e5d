// `emerging devices` as a process, with and without drivers.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commandLine } from '../../../testing/command.ts';
import { describeOnGpu } from '../../../testing/webgpu.ts';

const emerging = commandLine();

/** Runs the command with other variables of the Vulkan loader. */
function runWith(variables: Record<string, string>, ...args: string[]) {
  const [node, ...words] = emerging.words(...args);
  return spawnSync(node!, words, {
    encoding: 'utf8',
    cwd: emerging.folder,
    env: { ...process.env, NODE_OPTIONS: '', ...variables },
  });
}

interface Reported {
  readonly device: string;
  readonly works: boolean;
  readonly reason: string | null;
  readonly remedy: string | null;
}

it('tries every device', async () => {
  const { devices } = (await emerging.json('devices')) as { devices: Reported[] };
  expect(devices.map(({ device }) => device)).toEqual(['cpu', 'webgpu', 'cuda', 'wasm']);
  for (const index of [0, 3]) {
    expect(devices[index]).toMatchObject({ works: true, reason: null, remedy: null });
  }
  for (const { works, reason, remedy } of devices) {
    expect(works).toBe(reason === null);
    expect(works).toBe(remedy === null);
  }
});

describe.skipIf(process.platform !== 'linux')('without a driver', () => {
  const none = { VK_DRIVER_FILES: '/nonexistent' };

  it('says why, and what may hide it', () => {
    const { status, stdout } = runWith(none, 'devices', '--json');
    expect(status).toBe(0);
    const { devices } = JSON.parse(stdout);
    expect(devices[1]).toEqual({
      device: 'webgpu',
      works: false,
      reason: 'Failed to get a WebGPU adapter: No supported adapters',
      remedy: 'VK_DRIVER_FILES may hide a driver that is installed: unset it',
    });
    const text = runWith(none, 'devices').stdout;
    expect(text).toMatch(/^webgpu +no$/m);
    expect(text).toContain(
      'webgpu: Failed to get a WebGPU adapter: No supported adapters\n  VK_DRIVER_FILES may hide',
    );
  });

  it('refuses to train there, and leaves nothing behind', () => {
    const { status, stderr } = runWith(none, 'train', '--device=webgpu', '--out=runs/none');
    expect(status).toBe(1);
    expect(stderr.trim().split('\n').at(-1)).toBe(
      "emerging: the device 'webgpu' does not work here: Failed to get a WebGPU adapter: No supported adapters; " +
        'emerging devices shows what is missing, or use --device cpu',
    );
    expect(existsSync(join(emerging.folder, 'runs'))).toBe(false);
  });
});

describeOnGpu('with a driver', () => {
  it('works', async () => {
    const { devices } = await emerging.json('devices');
    expect(devices[1]).toEqual({ device: 'webgpu', works: true, reason: null, remedy: null });
  });
});
