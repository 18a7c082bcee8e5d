#!/usr/bin/env node
// The command `emerging`.
import { runCommand } from './runCommand.ts';

for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // The reader of the pipe has exited, as with `| head`: the work continues.
    if (error.code !== 'EPIPE') {
      throw error;
    }
  });
}

await runCommand(process.argv.slice(2));
