// Baselines that need no flow: an isolation forest and the distance to the nearest neighbours, on pixels.
import { RandomStream } from '../../src/core/numeric/random.ts';

/** Scores images, one row of pixels each; higher is odder. */
type Baseline = (images: Uint8Array) => Float64Array;

/** The distance to the fifth nearest training image. */
export function nearestNeighbours(train: Uint8Array, size: number): Baseline {
  const NEIGHBOURS = 5;
  return (images) => {
    const count = train.length / size;
    return Float64Array.from({ length: images.length / size }, (_, image) => {
      const nearest = new Float64Array(NEIGHBOURS).fill(Number.POSITIVE_INFINITY);
      for (let trainImage = 0; trainImage < count; trainImage++) {
        let distance = 0;
        for (let pixel = 0; pixel < size && distance < nearest[NEIGHBOURS - 1]!; pixel++) {
          distance += (images[image * size + pixel]! - train[trainImage * size + pixel]!) ** 2;
        }
        if (distance < nearest[NEIGHBOURS - 1]!) {
          nearest[NEIGHBOURS - 1] = distance;
          nearest.sort();
        }
      }
      return Math.sqrt(nearest[NEIGHBOURS - 1]!);
    });
  };
}

/** A node of a tree: a cut of one value, or the images that end there. */
type Node =
  | { readonly place: number; readonly cut: number; readonly below: Node; readonly above: Node }
  | { readonly left: number };

/** An isolation forest (Liu, Ting and Zhou 2008): 100 trees of 256 images; odd images are isolated by few cuts. */
export function isolationForest(train: Uint8Array, size: number, seed: number): Baseline {
  const [TREES, SAMPLE] = [100, 256];
  const count = train.length / size;
  const random = new RandomStream(seed, 'forest');
  const depth = Math.ceil(Math.log2(SAMPLE));
  const grow = (images: readonly number[], level: number): Node => {
    if (level === depth || images.length < 2) {
      return { left: images.length };
    }
    // A value that is the same for all images isolates none.
    for (let attempt = 0; attempt < 20; attempt++) {
      const pixel = random.integer(size);
      const values = images.map((image) => train[image * size + pixel]!);
      const [least, greatest] = [Math.min(...values), Math.max(...values)];
      if (greatest > least) {
        const cut = least + random.uniform() * (greatest - least);
        const side = (isBelow: boolean) => images.filter((_, index) => values[index]! < cut === isBelow);
        return { place: pixel, cut, below: grow(side(true), level + 1), above: grow(side(false), level + 1) };
      }
    }
    return { left: images.length };
  };
  const trees = Array.from({ length: TREES }, () =>
    grow(
      Array.from({ length: Math.min(SAMPLE, count) }, () => random.integer(count)),
      0,
    ),
  );
  return (images) =>
    Float64Array.from({ length: images.length / size }, (_, image) => {
      let total = 0;
      for (const tree of trees) {
        let [node, cuts] = [tree, 0];
        while ('place' in node) {
          node = images[image * size + node.place]! < node.cut ? node.below : node.above;
          cuts++;
        }
        total += cuts + averagePath(node.left);
      }
      return -total / TREES;
    });
}

/** The mean path of an unsuccessful search among so many. */
function averagePath(count: number): number {
  return count < 2 ? 0 : 2 * (Math.log(count - 1) + 0.5772156649) - (2 * (count - 1)) / count;
}
