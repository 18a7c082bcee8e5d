// `emerging devices`: which devices work on this machine, and its adapters.
import type { Command } from 'commander';
import { defaultDevice, devices } from '../../engine/devices/device.ts';
import { providers } from '../../engine/devices/providers.node.ts';
import { type DeviceList, listDevices } from '../../engine/listDevices.node.ts';
import { visibleText } from '../../visibleText.ts';
import { formatBytes } from '../terminal/format.ts';
import { writeStdout } from '../terminal/output.ts';
import { formatTable } from '../terminal/table.ts';

/** The devices that are found among the system's adapters. */
const onAdapters = devices.filter((device) => providers[device].usesAdapters).join(', ');

const help = `
Output:
  WORKS            whether a small program ran on the device; if not, why, and what to install
  KIND             for ${onAdapters}, the kind of adapter; software adapters use the CPU and are slower than --device ${defaultDevice}
  MEMORY           the adapter's largest memory heap; software and integrated adapters share the machine's memory
  LARGEST ARRAY    the largest array that a program can bind
  ARRAYS           how many arrays a program can bind

With several adapters, the runtime prefers a high-performance one; docs/gpu.md shows how to choose another.

Example:
  emerging devices --json`;

/** Adds the options of `devices`, and what it does. */
export function registerDevices(command: Command): void {
  command
    .option('--json', 'print the result as JSON on stdout')
    .addHelpText('after', help)
    .action(async ({ json }: { json?: true }) => {
      const found = await listDevices();
      writeStdout(json ? `${JSON.stringify(jsonOf(found))}\n` : `${textOf(found)}\n`);
    });
}

function jsonOf({ devices: reports, adapters }: DeviceList) {
  return {
    devices: reports,
    adapters: adapters.adapters,
    ...(adapters.adapters === null && { noAdapters: adapters.reason }),
  };
}

function textOf({ devices: reports, adapters }: DeviceList): string {
  const rows = reports.map(({ device, works }) => [device, works ? 'yes' : 'no']);
  const reasons = reports.flatMap(({ device, reason, remedy }) =>
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
      ? [`${onAdapters} has a software adapter only, which is slower than --device ${defaultDevice}`]
      : []),
    ...(adapters.length > 1
      ? [
          `${onAdapters} prefers a high-performance adapter; VK_LOADER_DRIVERS_SELECT=PATTERN, matching the file name of a driver, chooses another`,
        ]
      : []),
    ...(process.platform === 'win32' ? [`as Vulkan lists them; ${onAdapters} itself uses Direct3D 12`] : []),
  ];
  return [table, ...notes];
}
