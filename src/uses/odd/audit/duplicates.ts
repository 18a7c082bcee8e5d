// Groups of identical and of nearly identical images.

import { nextTurn } from '../../../core/platform/index.ts';
import { partOfWork, type WorkOptions } from '../../../model/index.ts';
import type { CompileOptions } from '../../../tensor/engine/index.ts';
import type { ExaminedImage } from './examinedImages.ts';
import { type Features, frequencyFeatures, type Pictures, pixelFeatures } from './features.ts';
import { NEIGHBOURS, type Neighbours, nearestNeighbours } from './neighbours.ts';
import { fitResidual, type Residual } from './samePicture.ts';
import { addTo } from './shapes.ts';

/** Limits on the residual of a copy, and on its ratio to the most similar other image's (the ratio test of Lowe 2004). */
interface Limits extends Residual {
  readonly ratio: number;
}

const LIMITS: Limits = { whole: 0.02, worst: 0.06, ratio: 0.5 };

/** JPEG changes the colours of images as small as 32 x 32 by more: such are copies if nothing else is nearly as similar. */
const COLOUR_LIMITS: Limits = { whole: 0.06, worst: 0.2, ratio: 0.3 };

/** Pairs with a larger residual are not examined further, in pictures of half the resolution and then in full. */
const MOST_EXAMINED = { coarse: 0.25, fine: 0.2 } as const;

/** Pictures with less variation, in units of 1/255, are only compared exactly: in them, rounding decides the residual. */
const LEAST_DEVIATION = 2;

/** The widest difference of the aspect ratios of copies, as a factor. */
const SAME_ASPECT = 1.1;

/** Groups of images with the same pixels, as positions, in the order of the first of each. */
export function identicalGroups(images: readonly ExaminedImage[]): number[][] {
  const byKey = new Map<string, number[]>();
  images.forEach(({ key }, index) => {
    addTo(byKey, key, index);
  });
  return [...byKey.values()].filter(({ length }) => length > 1);
}

/**
 * Groups of nearly identical images, without equal pixels: copies with other brightness, contrast,
 * compression, size or place. Two images form a group if each is a copy among the candidates of the other.
 *
 * @param neighbours by pixels
 */
export async function nearGroups(
  images: readonly ExaminedImage[],
  pictures: Pictures,
  neighbours: Neighbours,
  options: WorkOptions & { readonly engine: CompileOptions },
): Promise<number[][]> {
  const every = images.map((_, index) => index);
  const copies = await nearCopies(every, images, pictures, { ...options, byPixels: neighbours });
  const groups = new Groups(images.length);
  copies.forEach((others, index) => {
    for (const candidate of others) {
      if (copies[candidate]!.includes(index)) {
        groups.join(index, candidate);
      }
    }
  });
  return groups.all();
}

/** How copies are searched. */
interface CopyOptions extends WorkOptions {
  readonly engine: CompileOptions;
  /** The neighbours by pixels of the searched images, if they are known. */
  readonly byPixels?: Neighbours;
  /**
   * Where a second set of images begins: the nearest neighbours in each set are candidates, however many are nearer in the
   * other one. By default, there is one set. Not with `byPixels`.
   */
  readonly secondFrom?: number;
}

/**
 * For each of the searched images, given by their positions, the images that seem to be copies of it. Candidates are the nearest
 * neighbours by pixels, and by magnitudes of frequencies, which find shifted copies.
 */
export async function nearCopies(
  searched: readonly number[],
  images: readonly ExaminedImage[],
  pictures: Pictures,
  { engine, byPixels, secondFrom, ...following }: CopyOptions,
): Promise<number[][]> {
  const count = images.length;
  const sets =
    secondFrom === undefined
      ? [[0, count] as const]
      : ([
          [0, secondFrom],
          [secondFrom, count],
        ] as const);
  const total = ((byPixels ? 1 : 2) * sets.length + 1) * searched.length;
  let done = 0;
  const search = async ({ rows, width }: Features): Promise<Neighbours[]> => {
    const neighbours: Neighbours[] = [];
    for (const among of sets) {
      const part = partOfWork(following, { before: done, of: total });
      done += searched.length;
      neighbours.push(await nearestNeighbours(rows, width, { queries: searched, among, engine, ...part }));
    }
    return neighbours;
  };
  const candidatesBy = [
    ...(byPixels ? [byPixels] : await search(pixelFeatures(pictures))),
    ...(await search(frequencyFeatures(images))),
  ];
  const residuals = new Map<number, Residual>();
  const residual = (a: number, b: number): Residual => {
    const key = Math.min(a, b) * count + Math.max(a, b);
    const pairResidual = residuals.get(key) ?? copyResidual(pictures, a, b);
    residuals.set(key, pairResidual);
    return pairResidual;
  };
  const limits = pictures.small[0]?.channels === 3 ? [LIMITS, COLOUR_LIMITS] : [LIMITS];
  const copies: number[][] = [];
  for (const [position, index] of searched.entries()) {
    const near = candidatesBy.flatMap(({ nearest }) => [
      ...nearest.subarray(position * NEIGHBOURS, (position + 1) * NEIGHBOURS),
    ]);
    const candidates = [...new Set(near)]
      .filter((neighbour) => neighbour >= 0 && isComparable(images[index]!, images[neighbour]!))
      .map((neighbour) => ({ other: neighbour, ...residual(index, neighbour) }));
    copies.push([...new Set(limits.flatMap((limit) => copiesAmong(candidates, limit)))]);
    if (position % 64 === 0) {
      following.signal?.throwIfAborted();
      following.onProgress?.(done + position, total);
      await nextTurn();
    }
  }
  return copies;
}

/** The candidates that are copies of an image: similar enough, and far more so than all others. */
function copiesAmong(
  candidates: readonly (Residual & { readonly other: number })[],
  limits: Limits,
): number[] {
  const sorted = candidates.toSorted((a, b) => a.whole - b.whole);
  const isSimilar = ({ whole: overall, worst }: Residual): boolean =>
    overall <= limits.whole && worst <= limits.worst;
  const last = sorted.findLastIndex(
    (candidate, index) =>
      isSimilar(candidate) &&
      (sorted[index + 1] === undefined || candidate.whole <= limits.ratio * sorted[index + 1]!.whole),
  );
  return sorted
    .slice(0, last + 1)
    .filter(isSimilar)
    .map(({ other: candidate }) => candidate);
}

/** Whether two images could be copies at all. */
function isComparable(a: ExaminedImage, b: ExaminedImage): boolean {
  const aspect = (a.width * b.height) / (a.height * b.width);
  const isFlat = Math.min(a.deviation, b.deviation) < LEAST_DEVIATION;
  return !isFlat && Math.max(aspect, 1 / aspect) <= SAME_ASPECT;
}

/** What the fit of two images to each other leaves; infinite if they differ. */
function copyResidual({ small, smaller }: Pictures, a: number, b: number): Residual {
  const coarse = fitResidual(smaller[a]!, smaller[b]!, { reach: 1, most: MOST_EXAMINED.coarse });
  return coarse.whole > MOST_EXAMINED.coarse
    ? coarse
    : fitResidual(small[a]!, small[b]!, { reach: 2, most: MOST_EXAMINED.fine });
}

/** Positions, joined into groups. */
class Groups {
  private readonly parent: Int32Array;

  constructor(count: number) {
    this.parent = Int32Array.from({ length: count }, (_, index) => index);
  }

  join(a: number, b: number): void {
    const [first, second] = [this.findRoot(a), this.findRoot(b)];
    this.parent[Math.max(first, second)] = Math.min(first, second);
  }

  /** The groups of at least two, in the order of the first of each. */
  all(): number[][] {
    const groups = new Map<number, number[]>();
    for (let index = 0; index < this.parent.length; index++) {
      addTo(groups, this.findRoot(index), index);
    }
    return [...groups.values()].filter(({ length }) => length > 1);
  }

  private findRoot(index: number): number {
    let root = index;
    while (this.parent[root]! !== root) {
      this.parent[root] = this.parent[this.parent[root]!]!;
      root = this.parent[root]!;
    }
    return root;
  }
}
