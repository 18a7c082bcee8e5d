// `emerging devices`: which devices work on this machine.
import type { Command } from 'commander';
import { type DeviceReport, listDevices } from '../../../tensor/engine/listDevices.node.ts';
import { writeStdout } from '../terminal/output.ts';
import { formatTable } from '../terminal/table.ts';

const help = `
Output:
  WORKS            whether a small program ran on the device; if not, why, and what to install

With several GPUs, the runtime prefers a fast one; docs/gpu.md shows how to choose another.

Example:
  emerging devices --json`;

/** Adds the options of `devices`, and what it does. */
export function registerDevices(command: Command): void {
  command
    .option('--json', 'print the result as JSON on stdout')
    .addHelpText('after', help)
    .action(async ({ json }: { json?: true }) => {
      const devices = await listDevices();
      writeStdout(json ? `${JSON.stringify({ devices })}\n` : `${reportText(devices)}\n`);
    });
}

function reportText(reports: readonly DeviceReport[]): string {
  const rows = reports.map(({ device, works }) => [device, works ? 'yes' : 'no']);
  const reasons = reports.flatMap(({ device, reason, remedy }) =>
    reason === null ? [] : [`${device}: ${reason}${remedy === null ? '' : `\n  ${remedy}`}`],
  );
  return [formatTable(['DEVICE', 'WORKS'], rows), ...reasons].join('\n\n');
}
