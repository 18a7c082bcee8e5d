#!/usr/bin/env node
// The command `emerging`.
import { runCommand } from './runCommand.ts';
import { reportLostOutput } from './terminal/output.ts';

reportLostOutput();

await runCommand(process.argv.slice(2));
