// Runs the command line of this process. Installing only the library leaves out packages that only commands need.
import { isInstalled, missingPackages } from '../../core/platform/index.node.ts';
import { noteOnStderr, reportLostOutput } from './terminal/output.ts';

reportLostOutput();

const missing = ['cli-progress', 'commander', 'string-width'].filter((name) => !isInstalled(name));
if (missing.length > 0) {
  noteOnStderr(missingPackages('emerging: the command line requires', missing).message);
  process.exitCode = 1;
} else {
  const { runCommand } = await import('./commandTree.ts');
  await runCommand(process.argv.slice(2));
}
