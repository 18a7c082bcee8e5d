// Source images that several ranks decode, every one a share; all of them get all results, in order.
import { fromLeader, gather, nameOfRank, type Ranks } from '../../cluster/ranks.ts';
import { type Phrase, UserError, type UserErrorCode } from '../../errors.ts';
import { bytesOfValues, kindOf, type ValueKind, valuesInBytes } from '../../numeric/values.ts';
import { joinBytes } from '../../platform/joinBytes.ts';
import { startSha256 } from '../../platform/sha256.node.ts';
import type { RawImage } from '../contract/rawImages.ts';
import type { FittedPicture } from '../pixels/fitPicture.ts';

/** What has become of a source image. */
export interface NamedPicture {
  readonly name: string;
  /** The number of its class; undefined if it has no label. */
  readonly label: number | undefined;
  /** The images made from it, or why it was left out. */
  readonly picture: FittedPicture | UserError;
}

/** Images that each rank sends at a time. */
const AT_A_TIME = 16;

/** A picture without its pixels, as JSON. */
interface Sent {
  readonly name: string;
  readonly label?: number | undefined;
  readonly notes: readonly string[];
  /** The bytes of each of its images. */
  readonly lengths: readonly number[];
  readonly kind: ValueKind;
  readonly channels: number;
  readonly error?: { readonly code: UserErrorCode; readonly phrase: Phrase };
}

/**
 * The results of all images on every rank.
 *
 * @param fit makes the results of some images, in order
 * @param isStopped whether this rank was told to stop: all stop then, and `onStop` is called
 * @throws UserError (`mismatch`) if the ranks do not have the same images, by name
 */
export async function* sharedPictures(
  images: AsyncIterable<RawImage>,
  ranks: Ranks,
  fit: (images: AsyncIterable<RawImage>) => AsyncIterable<NamedPicture>,
  { isStopped, onStop }: { isStopped(): boolean; onStop(): void },
): AsyncGenerator<NamedPicture, void, void> {
  const names = startSha256();
  const own = fit(everyOther(images, ranks, (name) => names.update(new TextEncoder().encode(`${name}\n`))));
  const iterator = own[Symbol.asyncIterator]();
  try {
    for (let isLast = false; !isLast; ) {
      const pictures = await take(iterator, AT_A_TIME);
      const all = await gather(ranks, { stopped: isStopped(), sent: pictures.map(withoutPixels) });
      if (all.some(({ stopped }) => stopped)) {
        onStop();
        return;
      }
      const found: NamedPicture[][] = [];
      for (const [rank, { sent }] of all.entries()) {
        const pixels = rank === ranks.rank ? joinBytes(imagesOf(pictures)) : new Uint8Array(bytesOf(sent));
        await ranks.broadcast(pixels, rank);
        found.push(received(sent, pixels));
      }
      for (let index = 0; index < AT_A_TIME; index++) {
        yield* found.flatMap((of) => of[index] ?? []);
      }
      isLast = found.some((of) => of.length < AT_A_TIME);
    }
  } finally {
    // However it ends: what is being decoded reads from files that are closed after this.
    await iterator.return?.();
  }
  const digests = await gather(ranks, names.digest());
  await fromLeader(ranks, () => {
    const other = digests.findIndex((digest) => digest !== digests[0]);
    if (other !== -1) {
      throw new UserError(
        'mismatch',
        `the images of ${nameOfRank(ranks, other)} and ${nameOfRank(ranks, 0)} have different names: copy them, or use a shared disk`,
      );
    }
  });
}

/** The images of a rank: the ranks take turns. */
async function* everyOther(
  images: AsyncIterable<RawImage>,
  { rank, size }: Ranks,
  onName: (name: string) => void,
): AsyncGenerator<RawImage, void, void> {
  let index = 0;
  for await (const image of images) {
    onName(image.name);
    if (index++ % size === rank) {
      yield image;
    }
  }
}

async function take<Item>(iterator: AsyncIterator<Item>, count: number): Promise<Item[]> {
  const taken: Item[] = [];
  while (taken.length < count) {
    const { done, value } = await iterator.next();
    if (done) {
      break;
    }
    taken.push(value);
  }
  return taken;
}

/** What is sent of a picture that cannot be read. */
const nothing = { notes: [], lengths: [], kind: 'uint8', channels: 1 } as const;

function withoutPixels({ name, label, picture }: NamedPicture): Sent {
  return picture instanceof UserError
    ? { name, label, ...nothing, error: { code: picture.code, phrase: picture.phrase } }
    : {
        name,
        label,
        notes: picture.notes,
        lengths: picture.images.map(({ byteLength }) => byteLength),
        kind: kindOf(picture.images[0]) ?? 'uint8',
        channels: picture.channels,
      };
}

function imagesOf(pictures: readonly NamedPicture[]): Uint8Array[] {
  return pictures.flatMap(({ picture }) =>
    picture instanceof UserError ? [] : picture.images.map(bytesOfValues),
  );
}

function bytesOf(sent: readonly Sent[]): number {
  return sent.flatMap(({ lengths }) => lengths).reduce((sum, length) => sum + length, 0);
}

function received(sent: readonly Sent[], pixels: Uint8Array): NamedPicture[] {
  let position = 0;
  return sent.map(({ name, label, notes, lengths, kind, channels, error }) => {
    const images = lengths.map((length) => {
      position += length;
      return valuesInBytes(kind, pixels.subarray(position - length, position));
    });
    return {
      name,
      label,
      picture: error ? new UserError(error.code, error.phrase) : { images, channels, notes },
    };
  });
}
