// `emerging devices`: which devices work on this machine, and its adapters.
import type { Command } from 'commander';
import { type DeviceList, listDevices } from '../../engine/listDevices.node.ts';
import { visibleText } from '../../visibleText.ts';
import { formatBytes } from '../terminal/format.ts';
import { writeStdout } from '../terminal/output.ts';
import { formatTable } from '../terminal/table.ts';

const help = `
Output:
  WORKS            whether a small program ran on the device; if not, why, and what to install
  KIND             of an adapter of webgpu; a software one computes on the CPU, and is slower than --device cpu
  MEMORY           the largest memory of the adapter; a software or integrated one shares that of the machine
  LARGEST ARRAY    the most bytes of an array that a program binds at once
  ARRAYS           the most arrays that one program binds

With several adapters, the runtime takes one of high performance: docs/gpu.md says how to choose another.

Example:
  emerging devices --json`;

/** Adds the command `devices`. */
export function registerDevices(program: Command): void {
  program
    .command('devices')
    .description('which devices work here: each is tried with a small program')
    .option('--json', 'print the result as JSON on stdout')
    .addHelpText('after', help)
    .action(async ({ json }: { json?: true }) => {
      const found = await listDevices();
      writeStdout(json ? `${JSON.stringify(jsonOf(found))}\n` : `${textOf(found)}\n`);
    });
}

function jsonOf({ devices, adapters }: DeviceList) {
  return {
    devices,
    adapters: adapters.adapters,
    ...(adapters.adapters === null && { noAdapters: adapters.reason }),
  };
}

function textOf({ devices, adapters }: DeviceList): string {
  const rows = devices.map(({ device, works }) => [device, works ? 'yes' : 'no']);
  const reasons = devices.flatMap(({ device, reason, remedy }) =>
    reason === null ? [] : [`${device}: ${reason}${remedy === null ? '' : `\n  ${remedy}`}`],
  );
  return [
    formatTable([{ title: 'DEVICE' }, { title: 'WORKS' }], rows),
    ...reasons,
    ...adaptersText(adapters),
  ].join('\n\n');
}

function adaptersText(list: DeviceList['adapters']): string[] {
  if (list.adapters === null) {
    return [`adapters: ${list.reason}`];
  }
  const { adapters } = list;
  if (adapters.length === 0) {
    return ['adapters: Vulkan lists none'];
  }
  const table = formatTable(
    [
      { title: 'ADAPTER' },
      { title: 'KIND' },
      { title: 'MEMORY', align: 'right' },
      { title: 'LARGEST ARRAY', align: 'right' },
      { title: 'ARRAYS', align: 'right' },
      { title: 'DRIVER' },
    ],
    adapters.map(({ name, kind, driver, memoryBytes, storageBufferBytes, storageBuffers }) => [
      visibleText(name),
      kind,
      formatBytes(memoryBytes),
      formatBytes(storageBufferBytes),
      String(storageBuffers),
      visibleText(driver),
    ]),
  );
  const notes = [
    ...(adapters.every(({ kind }) => kind === 'software')
      ? ['webgpu has a software adapter only, which is slower than --device cpu']
      : []),
    ...(adapters.length > 1
      ? [
          'webgpu takes one of high performance; VK_LOADER_DRIVERS_SELECT=PATTERN with the file name of a driver chooses another',
        ]
      : []),
    ...(process.platform === 'win32' ? ['as Vulkan lists them; webgpu itself uses Direct3D 12'] : []),
  ];
  return [table, ...notes];
}
