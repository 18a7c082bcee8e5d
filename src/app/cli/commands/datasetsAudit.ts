// `emerging datasets audit`: looks for duplicates, odd files, odd images and wrong labels, and writes a page about them.
import { basename, extname, resolve } from 'node:path';
import type { Command } from 'commander';
import { UserError, visibleText } from '../../../core/errors.ts';
import { onlyRank } from '../../../core/ranks/index.ts';
import { openRawDataset } from '../../../data/index.node.ts';
import { splitsOfFolders } from '../../../data/sources/index.ts';
import { FlowModel } from '../../../model/index.ts';
import { loadTrained } from '../../../model/loading/index.node.ts';
import { type Keep, releaseAfter } from '../../../tensor/engine/index.ts';
import { type Audit, type AuditModel, audit, type Finding } from '../../../uses/odd/audit/index.ts';
import { ENOUGH_TO_CALL } from '../../../uses/odd/index.ts';
import { auditPage } from '../audit/auditPage.ts';
import {
  blankSection,
  identicalSection,
  modeSection,
  nearSection,
  sizeSection,
  unreadableSection,
} from '../audit/fileSections.ts';
import { labelSection, oddSection } from '../audit/modelSections.ts';
import type { AuditSection } from '../audit/section.ts';
import { createThumbnails } from '../audit/thumbnails.ts';
import { addResizeOption } from '../parts/imageInput.ts';
import {
  addModelOptions,
  MODEL,
  type ModelOptions,
  modelFolder,
  noteLargeImages,
} from '../parts/modelOptions.ts';
import { compileOptions, wholeNumber } from '../parts/options.ts';
import { besideData, freeOutput, outputAs } from '../parts/outputFile.ts';
import { referenceFor } from '../ranks/scoreReference.ts';
import { formatBytes, formatCount, formatCounted } from '../terminal/format.ts';
import { untilInterrupted } from '../terminal/interruption.ts';
import { writeStdout } from '../terminal/output.ts';
import { createProgress, type Progress } from '../terminal/progress.ts';
import { tableLines } from '../terminal/table.ts';
import { errorMessage, shellWord } from '../terminal/wording.ts';

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
    .option('--model <run>', `for the odd images and, with classes, the labels: ${MODEL}`, modelFolder)
    .option('--count <n>', 'use only the first n images of each split', wholeNumber(1), 60_000)
    .option('--top <n>', 'how many images or groups each section of the page shows', wholeNumber(1, 1000), 40)
    .option('--out <file>', 'the page to write (default: NAME-audit.html next to the images)')
    .option('--json', 'print the result as JSON on stdout');
  addModelOptions(addResizeOption(command))
    .addHelpText(
      'after',
      '\nThe page is one file with everything in it, which can be sent to others. The dataset is not changed. A run without\n' +
        'statistics of its validation images has them measured and stored (scores.json).\n' +
        'Folders need no particular layout; folders named train and test, and folders of classes, are recognised.\n' +
        '--resize, --step, --device and --threads are for the model.\n' +
        '\nExamples:\n  emerging datasets audit photos --out photos-audit.html\n' +
        '  emerging datasets audit mnist --model mnist-small',
    )
    .action((nameOrPath: string, options: DatasetsAuditOptions) =>
      releaseAfter((keep) => runAudit(keep, nameOrPath, options)),
    );
}

async function runAudit(keep: Keep, nameOrPath: string, options: DatasetsAuditOptions): Promise<void> {
  requireModelFor(options);
  const name = basename(resolve(nameOrPath), extname(nameOrPath)) || 'images';
  const pageAt = (output: Parameters<typeof outputAs>[1]) => outputAs('.html', output, [nameOrPath]);
  const page =
    options.out === undefined
      ? freeOutput(besideData(nameOrPath, '-audit.html'), pageAt)
      : pageAt(options.out);
  const dataset = await openRawDataset(nameOrPath, { undivided: 'if-needed' });
  const engine = await compileOptions(options);
  const model = await modelFor(keep, options, engine);
  let bar: Progress | undefined;
  const report = await untilInterrupted(
    () => bar?.note('stopping; no page is written'),
    (signal) =>
      audit(nameOrPath, dataset, {
        most: options.count,
        model,
        engine,
        signal,
        onStage(label, total) {
          bar?.finish();
          bar = createProgress({ label, total, unit: 'images' });
        },
        onProgress: (images) => bar?.update(images),
      }),
  ).finally(() => bar?.finish());
  if (!report) {
    return;
  }
  const sections = auditSections(report, { source: shellWord(nameOrPath), top: options.top });
  const shown = new Set(
    sections.flatMap(({ groups }) => groups.flatMap(({ images }) => images.map(({ image }) => image))),
  );
  const about = describeImages(report, options);
  const html = auditPage({
    name,
    about,
    sections,
    images: report.images,
    thumbnails: await createThumbnails(dataset, report.images, shown),
  });
  page.write(html);
  if (options.json) {
    writeStdout(
      `${JSON.stringify({ name: nameOrPath, file: page.path, ...auditJson(report, options.top) })}\n`,
    );
    return;
  }
  const lines = [
    ...about,
    ...tableLines(
      ['CHECK', 'FOUND'],
      sections.map(({ title, found: text }) => [title, text]),
    ),
    ...sectionLines(sections),
    `page  ${page.path} (${formatBytes(Buffer.byteLength(html))})`,
  ];
  writeStdout(`${lines.map(visibleText).join('\n')}\n`);
}

/** How many lines of a section are printed. */
const PRINTED = 3;

/** The first lines of sections such as unreadable files, and how many more the page has. */
function sectionLines(sections: readonly AuditSection[]): string[] {
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

/** Refuses options for a model that is not given. */
function requireModelFor({ model, step, resize }: DatasetsAuditOptions): void {
  if (model === undefined && (step !== undefined || resize)) {
    throw new UserError(
      'invalid-argument',
      `${resize ? '--resize' : '--step'} needs --model RUN: add it, or leave ${resize ? '--resize' : '--step'} out`,
    );
  }
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

function auditSections(report: Audit, options: Parameters<typeof identicalSection>[1]): AuditSection[] {
  return [
    identicalSection,
    nearSection,
    unreadableSection,
    sizeSection,
    modeSection,
    blankSection,
    oddSection,
    labelSection,
  ].map((section) => section(report, options));
}

/** The number of images, and what to know about how they were opened. */
function describeImages(
  { images, cut, dataset, unused }: Audit,
  { count, model }: DatasetsAuditOptions,
): string[] {
  const isWithoutFolders = !splitsOfFolders(images.map(({ name }) => name)).some(Boolean);
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
    ...(unused ? [`The model was not used: ${errorMessage(unused)}.`] : []),
    ...(cut.length > 0
      ? [`Only the first ${formatCount(count)} ${cut.join(' and ')} images were examined; see --count.`]
      : []),
  ];
}

/** The results, with names instead of positions; lists of odd images and labels have at most `top` entries. */
function auditJson(report: Audit, top: number): Record<string, unknown> {
  const { images, dataset, unreadable, sizes, unusualSizes, oddAspects, unusualModes, blank } = report;
  const imageName = (image: number): string => images[image]!.name;
  const imageNames = (some: readonly number[]): string[] => some.map(imageName);
  const nameGroups = (groups: readonly (readonly number[])[]) =>
    groups.map((group) => group.map((image) => ({ image: imageName(image), split: images[image]!.split })));
  const classes = dataset.classes ?? [];
  return {
    images: images.length,
    identical: nameGroups(report.identical),
    near: findingToJson(report.near, nameGroups),
    unreadable,
    leftOut: [...(dataset.leftOut?.otherFormats ?? []), ...(dataset.leftOut?.noImages ?? [])],
    sizes: Object.fromEntries(sizes.map(({ what: group, images: some }) => [group, some.length])),
    unusualSizes: imageNames(unusualSizes),
    oddAspects: imageNames(oddAspects),
    unusualModes: Object.fromEntries(
      unusualModes.map(({ what: group, images: some }) => [group, imageNames(some)]),
    ),
    blank: imageNames(blank),
    modelNotUsed: report.unused ? errorMessage(report.unused) : null,
    odd: findingToJson(report.odd, ({ score, ranked, flagged, byChance, references, source = null }) => ({
      score,
      scored: ranked.length,
      flagged,
      // Few references can't tell.
      expectedByChance:
        references !== undefined && references < ENOUGH_TO_CALL ? null : byChance * ranked.length,
      source,
      images: ranked.slice(0, top).map(({ image, ...scores }) => ({ image: imageName(image), ...scores })),
    })),
    notScored: imageNames(report.notScored),
    labels: findingToJson(report.labels, ({ doubtful, judged, estimate, by }) => {
      const listed = doubtful.slice(0, top);
      return {
        by,
        judged,
        doubtful: doubtful.length,
        estimate: estimate ? { of: estimate.of, mostClearlyWrong: estimate.most } : null,
        images: listed.map(({ image, margin, suggested }) => ({
          image: imageName(image),
          split: images[image]!.split,
          label: classes[images[image]!.label!],
          suggested: classes[suggested],
          margin,
        })),
      };
    }),
    conflicts: nameGroups(report.conflicts),
    warnings: dataset.warnings ?? [],
  };
}

function findingToJson<Result>(finding: Finding<Result>, show: (result: Result) => unknown): unknown {
  return 'found' in finding ? show(finding.found) : finding;
}
