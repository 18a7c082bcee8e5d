// A process that runs calls of the command one after another, each in the folder that it names; the end of a call is a line
// on both streams, after what the call has written.
import { runCommand } from '../app/cli/commandTree.ts';

/** What the process is told: one call of the command. */
export interface Call {
  readonly args: readonly string[];
  readonly cwd: string;
}

// Each is opened at its first use, and then keeps the process alive.
const streams = [process.stdout, process.stderr];

/** What keeps this process alive. */
const active = (): string => process.getActiveResourcesInfo().sort().join(' ');
/** Looked at from a timer, which is among it or not. */
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1));

let calls: Promise<void> = pause();
let idle: string | undefined;

// A call that hangs must not outlive the tests.
process.on('disconnect', () => process.exit());

process.on('message', ({ args, cwd }: Call) => {
  calls = calls.then(async () => {
    await pause();
    idle ??= active();
    process.chdir(cwd);
    process.exitCode = 0;
    await runCommand(args);
    // A process of its own would end only now.
    do {
      await pause();
    } while (active() !== idle);
    for (const stream of streams) {
      stream.write(`\0end of the call: ${process.exitCode}\n`);
    }
  });
});
