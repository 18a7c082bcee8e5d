// `emerging studio`: serves a page in which people see, touch and train a flow, or writes it as static files.
import { type Command, InvalidArgumentError } from 'commander';
import { UserError } from '../../errors.ts';
import { isFolder } from '../../storage/files.ts';
import { bundledModels, studioFiles } from '../../studio/files.ts';
import { serveStudio, USUAL_PORT } from '../../studio/server.ts';
import { type Shelf, shelfOf } from '../../studio/shelf.ts';
import { requireSiteFolder, writeSite } from '../../studio/site.ts';
import { visibleText } from '../../visibleText.ts';
import { wholeNumber } from '../parts/options.ts';
import { formatCounted } from '../terminal/format.ts';
import { noteOnStderr, writeStdout } from '../terminal/output.ts';

interface StudioCommandOptions {
  readonly host: string;
  readonly port?: number;
  readonly build?: string;
}

/** Adds the command `studio` to the program. */
export function registerStudio(program: Command): void {
  program
    .command('studio')
    .description(
      'see, touch and train flows in a page: a server for this machine, or static files for any host',
    )
    .argument('[folders...]', 'runs, exported models, or folders of them (default: runs, if it exists)')
    .option('--port <n>', `the port (default: ${USUAL_PORT}, or any if that is taken)`, portNumber)
    .option('--host <name>', 'the network interface: others than this machine can then reach it', '127.0.0.1')
    .option('--build <dir>', 'write static files instead: the model of the package, and the folders named')
    .addHelpText(
      'after',
      '\nExamples:\n  emerging studio\n  emerging studio runs/quickstart --build public' +
        '\n\nThe server only reads, and only models and runs. A site contains the configurations of its runs.',
    )
    .action((folders: string[], options: StudioCommandOptions) => runStudio(folders, options));
}

async function runStudio(folders: readonly string[], options: StudioCommandOptions): Promise<void> {
  const { host, port, build } = options;
  for (const folder of folders.filter((name) => !isFolder(name))) {
    throw new UserError(
      'not-found',
      `there is no folder ${folder}: name a run, an export, or a folder of them`,
    );
  }
  // What is published is only what was named.
  const named = folders.length === 0 && build === undefined ? ['runs'] : folders;
  const shelves: readonly Shelf[] = [bundledModels, ...named.map((folder) => shelfOf('runs', folder))];
  const files = studioFiles(shelves);
  const stopped = files.stopped();
  if (stopped !== undefined) {
    noteOnStderr(`warning: ${stopped}`);
  }
  if (build !== undefined) {
    requireSiteFolder(build);
    const count = writeSite(build, files);
    writeStdout(`${visibleText(`${formatCounted(count, 'file')}: ${build}`)}\n`);
    return;
  }
  // Described now rather than for the page.
  files.list();
  const { url } = await serveStudio(files, { host, port });
  writeStdout(`The studio is at ${url} until Ctrl-C.\n`);
}

function portNumber(text: string): number {
  const port = wholeNumber(0)(text);
  if (port > 65_535) {
    throw new InvalidArgumentError('It must be at most 65535.');
  }
  return port;
}
