// Which scored images are copies of known images: those in the model's run, or in the reference.
import { UserError, visibleText } from '../../../core/errors.ts';
import { onlyRank } from '../../../core/ranks/index.ts';
import { type ImageSet, imageText } from '../../../data/contract/index.ts';
import type { TrainedModel } from '../../../model/index.ts';
import { isRun } from '../../../model/loading/index.node.ts';
import type { LoadedRun } from '../../../model/loading/loadRun.ts';
import type { CompileOptions } from '../../../tensor/engine/index.ts';
import { copiesOfKnown } from '../../../uses/odd/audit/index.ts';
import { openRunImages } from '../parts/runImages.ts';
import { formatCount, formatCounted } from '../terminal/format.ts';
import { withImageProgress } from '../terminal/progress.ts';
import { openNamedReference } from './scoreReference.ts';

/** Images to compare scored ones with, and what to call them. */
interface KnownImages {
  readonly what: string;
  readonly images: ImageSet;
}

/** A scored image and the known images that it is a copy of, by name. */
export interface ImageCopies {
  readonly file: string;
  /** Those with the same pixels. */
  readonly same: readonly string[];
  /** Those that are nearly identical. */
  readonly near: readonly string[];
}

/**
 * Opens the images to compare with: those that `reference` names, otherwise the training and validation images of the run.
 *
 * @throws UserError if they can't be opened, or an export names none
 */
export async function openKnown(
  source: LoadedRun | TrainedModel,
  directory: string,
  { reference }: { readonly reference?: string },
): Promise<KnownImages[]> {
  if (reference !== undefined) {
    return [{ what: 'reference', images: await openNamedReference(source, reference, onlyRank) }];
  }
  if (!isRun(source)) {
    throw new UserError(
      'invalid-argument',
      `--copies: ${directory} is an export, and exports contain no images: name those to compare with, with --reference`,
    );
  }
  const splits =
    source.config.data.validation === 0 ? (['train'] as const) : (['train', 'validation'] as const);
  const sets: KnownImages[] = [];
  for (const split of splits) {
    sets.push({ what: split, images: await openRunImages(source, { split, chosen: false }) });
  }
  return sets;
}

/**
 * Finds copies of known images among others, with a progress bar.
 *
 * @param files the name of each image
 * @throws UserError as `copiesOfKnown` does
 */
export async function findCopies(
  set: ImageSet,
  files: readonly string[],
  sets: readonly KnownImages[],
  engine: CompileOptions,
): Promise<ImageCopies[]> {
  const copies = files.map((file) => ({ file, same: [] as string[], near: [] as string[] }));
  for (const { what: setName, images } of sets) {
    const nameAt = (index: number): string => {
      const name = images.nameAt?.(index);
      return `${setName} ${imageText({ index, ...(name !== undefined && { name }) })}`;
    };
    const groups = await withImageProgress(
      `comparing with ${setName}`,
      images.count + 3 * set.count,
      (onProgress) => copiesOfKnown(set, images, { engine, onProgress }),
    );
    for (const { image, same, near } of groups) {
      copies[image]!.same.push(...same.map(nameAt));
      copies[image]!.near.push(...near.map(nameAt));
    }
  }
  return copies.filter(({ same, near }) => same.length + near.length > 0);
}

/** How many copies are printed. */
const LINES = 10;

/** The number of copies, and the first of them, the near ones first: they are harder to find otherwise. */
export function copiesText(copies: readonly ImageCopies[]): string {
  if (copies.length === 0) {
    return 'No image is a copy of a known image, or nearly\n';
  }
  const exact = copies.filter(({ same }) => same.length > 0);
  const near = copies.filter(({ same }) => same.length === 0);
  const lines = [...near, ...exact].slice(0, LINES).map(({ file, same, near }) => {
    const [first, ...others] = [...same, ...near];
    const more = others.length > 0 ? ` and ${formatCounted(others.length, 'other image')}` : '';
    return `  ${visibleText(file)}: ${same.length > 0 ? 'the pixels of' : 'nearly'} ${visibleText(first!)}${more}\n`;
  });
  const remaining = copies.length - lines.length;
  return (
    `Copies of known images: ${formatCount(exact.length)} with the same pixels, ${formatCount(near.length)} nearly the same\n` +
    `${lines.join('')}${remaining > 0 ? `  and ${formatCount(remaining)} more (--json lists them)\n` : ''}`
  );
}
