// The summary of a prepared file, as text or JSON.
import { statSync } from 'node:fs';
import type { PackedHeader } from '../../data/packed/packedLayout.ts';
import { showImageShape } from '../../numeric/imageShape.ts';
import { visibleText } from '../../visibleText.ts';
import { formatBytes, formatCount, notesText } from '../terminal/format.ts';
import { writeStdout } from '../terminal/output.ts';

/** The summary of a prepared file. */
interface Summary {
  readonly file: string;
  /** Of the images. */
  readonly bytes: number;
  /** Of the file, if it is compressed. */
  readonly compressedBytes?: number;
  readonly imageShape: PackedHeader['imageShape'];
  readonly images: PackedHeader['counts'];
  readonly sha256: string;
  readonly source: string;
  readonly settings: PackedHeader['settings'];
  readonly notes: PackedHeader['notes'];
  readonly skipped: readonly string[];
}

/** Summarises a prepared file; `skipped` has one line per corrupt image. */
export function summaryOf(file: string, header: PackedHeader, skipped: readonly string[]): Summary {
  const { imageShape, counts, sha256, source, settings, notes } = header;
  const [height, width, channels] = imageShape;
  const total = counts.train + (counts.validation ?? 0) + counts.test;
  const bytes = total * height * width * channels;
  const compressed = file.endsWith('.gz') ? { compressedBytes: statSync(file).size } : {};
  return { file, bytes, ...compressed, imageShape, images: counts, sha256, source, settings, notes, skipped };
}

/** Prints a summary on stdout, as JSON or as text that ends with the lines `closing`. */
export function printPrepared(
  summary: Summary,
  { json }: { readonly json?: true },
  closing: readonly string[],
): void {
  if (json) {
    writeStdout(`${JSON.stringify(summary)}\n`);
    return;
  }
  const { train, validation, test } = summary.images;
  const splits = [
    `${formatCount(train)} for training`,
    validation === undefined ? undefined : `${formatCount(validation)} for validation`,
    `${formatCount(test)} for testing`,
  ].filter((part) => part !== undefined);
  const notes = notesText(summary.notes);
  const { compressedBytes } = summary;
  const compressed = compressedBytes === undefined ? '' : `, compressed to ${formatBytes(compressedBytes)}`;
  const lines = [
    `${summary.file}: ${showImageShape(summary.imageShape)}, ${splits.join(', ')}; ${formatBytes(summary.bytes)}${compressed}`,
    ...(notes === '' ? [] : [`of the images of ${summary.source}: ${notes}`]),
    ...closing,
  ];
  writeStdout(`${lines.map(visibleText).join('\n')}\n`);
}
