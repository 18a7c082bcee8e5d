// `emerging studio`: serves the studio, a browser interface to explore and train models, or writes it as static files.
import { type Command, InvalidArgumentError, Option } from 'commander';
import { UserError, visibleText } from '../../../core/errors.ts';
import { isFolder } from '../../../data/files/index.node.ts';
import { bundledModels, studioFiles } from '../../studioServer/files.ts';
import { serveStudio, USUAL_PORT } from '../../studioServer/server.ts';
import { createShelf, type Shelf } from '../../studioServer/shelf.ts';
import { requireSiteFolder, writeSite } from '../../studioServer/site.ts';
import { wholeNumber } from '../parts/options.ts';
import { requireNoModelFile } from '../parts/protectedFiles.ts';
import { formatCounted } from '../terminal/format.ts';
import { untilInterrupted } from '../terminal/interruption.ts';
import { noteOnStderr, writeStdout } from '../terminal/output.ts';

interface StudioCommandOptions {
  readonly host: string;
  readonly port?: number;
  readonly build?: string;
  readonly url?: string;
}

/** Adds the arguments and options of `studio`, and what it does. */
export function registerStudio(command: Command): void {
  command
    .argument('[folders...]', 'runs, exported models, or folders of them (default: runs, if it exists)')
    .option(
      '--port <n>',
      `the port (default: ${USUAL_PORT}, or a free one if it is taken)`,
      wholeNumber(0, 65_535),
    )
    .option(
      '--host <name>',
      'the address to listen on; 0.0.0.0 lets other machines reach the server',
      '127.0.0.1',
    )
    .addOption(
      new Option(
        '--build <dir>',
        'write static files instead, with the bundled models and the named folders',
      ).conflicts(['port', 'host']),
    )
    .option(
      '--url <url>',
      'with --build: the address of the files, for the pictures of link previews',
      siteUrl,
    )
    .addHelpText(
      'after',
      '\nExamples:\n  emerging studio\n  emerging studio runs/quickstart --build public' +
        '\n\nThe server gives read access to models and runs. Static files include the configurations of the runs.',
    )
    .action((folders: string[], options: StudioCommandOptions) => runStudio(folders, options));
}

async function runStudio(folders: readonly string[], options: StudioCommandOptions): Promise<void> {
  const { host, port, build, url: address } = options;
  for (const folder of folders.filter((name) => !isFolder(name))) {
    throw new UserError(
      'not-found',
      `there is no folder ${folder}: name a run, an export, or a folder of them`,
    );
  }
  if (address !== undefined && build === undefined) {
    throw new UserError('invalid-argument', '--url needs --build');
  }
  // Publish only what was named.
  const named = folders.length === 0 && build === undefined ? ['runs'] : folders;
  const shelves: readonly Shelf[] = [bundledModels, ...named.map((folder) => createShelf('runs', folder))];
  const files = studioFiles(shelves);
  const stopped = files.stopped();
  if (stopped !== undefined) {
    noteOnStderr(`warning: ${stopped}`);
  }
  if (build !== undefined) {
    requireSiteFolder(build);
    requireNoModelFile(build);
    const count = await untilInterrupted(
      () => noteOnStderr('stopping the build'),
      (signal) => writeSite(build, files, { signal, url: address }),
    );
    if (count === undefined) {
      return;
    }
    writeStdout(`${visibleText(`${formatCounted(count, 'file')}: ${build}`)}\n`);
    return;
  }
  // Described now rather than for the page.
  files.list();
  const { url } = await serveStudio(files, { host, port });
  writeStdout(`The studio is at ${url} until Ctrl-C.\n`);
}

function siteUrl(text: string): string {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw new InvalidArgumentError('It must be an address such as https://example.org/studio/.');
  }
  const { href } = new URL(text);
  return href.endsWith('/') ? href : `${href}/`;
}
