// `emerging datasets audit`: looks for duplicates, odd files, odd images and wrong labels, and writes a page about them.
import { basename, extname, resolve } from 'node:path';
import type { Command } from 'commander';
import { onlyRank } from '../../cluster/ranks.ts';
import { openRawDataset } from '../../data/registry.ts';
import { splitOfFolder } from '../../data/sources/splitOfName.ts';
import { type Keep, releaseAfter } from '../../engine/resources.ts';
import { type Audit, type AuditModel, audit } from '../../evaluation/audit/audit.ts';
import { loadTrained } from '../../trained/loading/loadTrained.ts';
import { FlowModel } from '../../trained/model/flowModel.ts';
import { visibleText } from '../../visibleText.ts';
import { auditJson } from '../audit/auditJson.ts';
import { auditPage } from '../audit/auditPage.ts';
import { identicalSection, nearSection } from '../audit/duplicateSections.ts';
import { blankSection, modeSection, sizeSection, unreadableSection } from '../audit/fileSections.ts';
import { labelSection } from '../audit/labelSection.ts';
import { oddSection } from '../audit/oddSection.ts';
import type { AuditSection } from '../audit/section.ts';
import { thumbnailsOf } from '../audit/thumbnails.ts';
import { addResizeOption } from '../parts/imageInput.ts';
import { addModelOptions, type ModelOptions, noteLargeImages } from '../parts/modelOptions.ts';
import { compileOptions, wholeNumber } from '../parts/options.ts';
import { outputPage, outsideData } from '../parts/outputFile.ts';
import { referenceFor } from '../ranks/scoreReference.ts';
import { formatBytes, formatCount, formatCounted } from '../terminal/format.ts';
import { listenForInterruption } from '../terminal/interruption.ts';
import { writeStdout } from '../terminal/output.ts';
import { createProgress, type Progress } from '../terminal/progress.ts';
import { shellWord } from '../terminal/shellWord.ts';
import { tableLines } from '../terminal/table.ts';
import { messageOf } from '../terminal/wording.ts';

interface DatasetsAuditOptions extends ModelOptions {
  readonly model?: string;
  readonly resize?: boolean;
  readonly count: number;
  readonly top: number;
  readonly out?: string;
  readonly json?: true;
}

/** Adds the command `datasets audit`. */
export function registerDatasetsAudit(datasets: Command): void {
  const command = datasets
    .command('audit')
    .description('look for duplicates, odd files, odd images and wrong labels, and write a page about them')
    .argument('<name|path>', 'a dataset, or a folder or archive of images')
    .option(
      '--model <run>',
      'a run folder or an exported model, for the odd images and, with classes, the labels',
    )
    .option('--count <n>', 'use only the first n images of each split', wholeNumber(1), 60_000)
    .option('--top <n>', 'how many images or groups each section of the page shows', wholeNumber(1, 1000), 40)
    .option('--out <file>', 'the page to write (default: NAME-audit.html)')
    .option('--json', 'print the result as JSON on stdout');
  addModelOptions(addResizeOption(command))
    .addHelpText(
      'after',
      '\nThe page is one file with everything in it, which can be sent to others. The dataset is not changed. A run without\n' +
        'statistics of its validation images has them measured and stored (scores.json).\n' +
        'Folders need no particular layout; folders named train and test, and folders of classes, are recognised.\n' +
        '--resize, --step, --device and --threads are for the model.\n' +
        '\nExamples:\n  emerging datasets audit photos --out photos-audit.html\n' +
        '  emerging datasets audit mnist --model models/mnist-small',
    )
    .action((nameOrPath: string, options: DatasetsAuditOptions) =>
      releaseAfter((keep) => runAudit(keep, nameOrPath, options)),
    );
}

async function runAudit(keep: Keep, nameOrPath: string, options: DatasetsAuditOptions): Promise<void> {
  const name = basename(resolve(nameOrPath), extname(nameOrPath)) || 'images';
  const page = outputPage(options.out ?? outsideData(nameOrPath, '-audit.html'), [nameOrPath]);
  const dataset = await openRawDataset(nameOrPath, { undivided: 'if-needed' });
  const engine = await compileOptions(options);
  const model = await modelFor(keep, options, engine);
  let bar: Progress | undefined;
  const interruption = listenForInterruption(() => bar?.note('stopping; no page is written'));
  let found: Audit;
  try {
    found = await audit(nameOrPath, dataset, {
      most: options.count,
      model,
      engine,
      signal: interruption.signal,
      onStage(label, total) {
        bar?.finish();
        bar = createProgress({ label, total, unit: 'images' });
      },
      onProgress: (images) => bar?.update(images),
    });
  } catch (error) {
    if (interruption.signal.aborted) {
      process.exitCode = interruption.exitCode();
      return;
    }
    throw error;
  } finally {
    bar?.finish();
    interruption.release();
  }
  const sections = sectionsOf(found, { source: shellWord(nameOrPath), top: options.top });
  const shown = new Set(
    sections.flatMap(({ groups }) => groups.flatMap(({ images }) => images.map(({ image }) => image))),
  );
  const about = aboutOf(found, options);
  const html = auditPage({
    name,
    about,
    sections,
    images: found.images,
    thumbnails: await thumbnailsOf(dataset, found.images, shown),
  });
  page.write(html);
  if (options.json) {
    writeStdout(
      `${JSON.stringify({ name: nameOrPath, file: page.path, ...auditJson(found, options.top) })}\n`,
    );
    return;
  }
  const lines = [
    ...about,
    ...tableLines(
      [{ title: 'CHECK' }, { title: 'FOUND' }],
      sections.map(({ title, found: text }) => [title, text]),
    ),
    ...linesOf(sections),
    `page  ${page.path} (${formatBytes(Buffer.byteLength(html))})`,
  ];
  writeStdout(`${lines.map(visibleText).join('\n')}\n`);
}

/** How many lines of a section are printed. */
const PRINTED = 3;

/** The first lines of sections such as unreadable files, and how many more the page has. */
function linesOf(sections: readonly AuditSection[]): string[] {
  return sections.flatMap(({ title, lines = [], notes = [] }) => {
    const more = lines.length - PRINTED;
    const shown = [
      ...lines.slice(0, PRINTED),
      ...(more > 0 ? [`and ${formatCounted(more, 'more line')} on the page`] : []),
      ...notes,
    ];
    return shown.length === 0 ? [] : [`${title}:`, ...shown.map((line) => `  ${line}`)];
  });
}

async function modelFor(
  keep: Keep,
  { model: directory, step, resize = false }: DatasetsAuditOptions,
  engine: Awaited<ReturnType<typeof compileOptions>>,
): Promise<AuditModel | undefined> {
  if (directory === undefined) {
    return undefined;
  }
  const source = await loadTrained(directory, { step });
  const model = keep(new FlowModel(source, { ...engine, ...noteLargeImages }));
  return { model, reference: await referenceFor(source, model, directory, {}, onlyRank), resize };
}

function sectionsOf(found: Audit, options: Parameters<typeof identicalSection>[1]): AuditSection[] {
  return [
    identicalSection,
    nearSection,
    unreadableSection,
    sizeSection,
    modeSection,
    blankSection,
    oddSection,
    labelSection,
  ].map((section) => section(found, options));
}

/** The number of images, and what to know about how they were opened. */
function aboutOf({ images, cut, dataset, unused }: Audit, { count, model }: DatasetsAuditOptions): string[] {
  const isWithoutFolders = images.every(({ name }) => splitOfFolder(name) === undefined);
  const splits = [...new Set(images.map(({ split }) => split))];
  const counts = splits.map(
    (split) => `${formatCount(images.filter((image) => image.split === split).length)} ${split}`,
  );
  const parts = dataset.whyUndivided === undefined && splits.length > 1 ? ` (${counts.join(', ')})` : '';
  return [
    `${formatCounted(images.length, 'image')}${parts}${model === undefined ? ', without a model' : `, with the model ${model}`}`,
    ...(dataset.whyUndivided === undefined
      ? []
      : [`Not divided into training and test images: ${dataset.whyUndivided}.`]),
    ...(parts !== '' && isWithoutFolders
      ? [
          'No folder is named train or test. Training would divide the images in this way, by a hash of their names.',
        ]
      : []),
    ...(unused ? [`The model was not used: ${messageOf(unused)}.`] : []),
    ...(cut.length > 0
      ? [`Only the first ${formatCount(count)} ${cut.join(' and ')} images were examined; see --count.`]
      : []),
  ];
}
